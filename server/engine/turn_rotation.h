// Who has the next turn of those who wait for a worker: the scheduler's fairness without its
// threads.
//
// Tenants take turns, each one turn at a time, whatever each has waiting. Within a tenant its
// sessions take turns, and so does, as if it were one session more, all that belongs to no session
// (lists, creations, evaluations) in order of arrival. So a flood delays only its own kind: a
// session waits for one turn of each other session of its tenant, at a rate of one turn in as many
// as there are tenants that wait.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_ENGINE_TURN_ROTATION_H_
#define CELLAR_SERVER_ENGINE_TURN_ROTATION_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace cellar {

enum class TurnPlace {
  kOwn,     // a session's: a place of its own in the rotation
  kShared,  // of no session: one place for all of the tenant's
};

// `Line` is whatever can have a turn; moved in and out.
template <class Line>
class TurnRotation {
  struct Tenant;

 public:
  // Tenants without anything to do are kept up to `max_known_tenants`: most come back soon.
  explicit TurnRotation(size_t max_known_tenants = 256) : max_known_tenants_(max_known_tenants) {}

  // Where a line with a place of its own waits.
  class Ticket {
    friend class TurnRotation;
    Tenant* owner_ = nullptr;
    typename std::list<std::optional<Line>>::iterator place_;
  };

  // `line` waits for a turn, behind all that `tenant` has waiting in that kind of place. The ticket
  // is good until the line is taken; in the shared place for nothing.
  Ticket Add(absl::string_view tenant, TurnPlace place, Line line) {
    Tenant& owner = FindOrAdd(tenant);
    if (owner.places.empty()) owner.turn = tenants_in_turn_.insert(tenants_in_turn_.end(), &owner);
    Ticket ticket;
    if (place == TurnPlace::kOwn) {
      ticket.owner_ = &owner;
      ticket.place_ = owner.places.insert(owner.places.end(), std::move(line));
    } else {
      if (owner.shared.empty()) owner.places.emplace_back(std::nullopt);
      owner.shared.push_back(std::move(line));
    }
    ++size_;
    return ticket;
  }

  // Takes out the line whose turn it is. REQUIRES: not empty().
  Line Next() {
    Tenant& owner = *tenants_in_turn_.front();
    std::optional<Line> line = std::move(owner.places.front());
    owner.places.pop_front();
    if (!line.has_value()) {
      line = std::move(owner.shared.front());
      owner.shared.pop_front();
      if (!owner.shared.empty()) owner.places.emplace_back(std::nullopt);
    }
    EndTurn(owner);
    return *std::move(line);
  }

  // Takes out a line that waits in a place of its own before its turn has come. Its tenant stays
  // where it is: were it sent to the end each time, its other lines might never have a turn.
  Line Remove(const Ticket& ticket) {
    Tenant& owner = *ticket.owner_;
    Line line = *std::move(*ticket.place_);
    owner.places.erase(ticket.place_);
    --size_;
    if (owner.places.empty()) Retire(owner);
    return line;
  }

  bool empty() const { return size_ == 0; }
  int64_t size() const { return size_; }  // lines that wait

  // Those that have something waiting, and some that may come back.
  int64_t known_tenants() const { return static_cast<int64_t>(tenants_.size()); }

 private:
  struct Tenant {
    explicit Tenant(absl::string_view given_name) : name(given_name) {}

    const std::string name;
    std::list<std::optional<Line>> places;  // nothing: the shared place
    std::deque<Line> shared;
    typename std::list<Tenant*>::iterator turn;  // in tenants_in_turn_, while there are places
  };

  Tenant& FindOrAdd(absl::string_view tenant) {
    const auto found = tenants_.find(tenant);
    if (found != tenants_.end()) return *found->second;
    return *tenants_.emplace(tenant, std::make_unique<Tenant>(tenant)).first->second;
  }

  // A line of the tenant has been taken in its turn.
  void EndTurn(Tenant& owner) {
    --size_;
    if (owner.places.empty()) return Retire(owner);
    tenants_in_turn_.splice(tenants_in_turn_.end(), tenants_in_turn_, owner.turn);
  }

  // The tenant has nothing more to do.
  void Retire(Tenant& owner) {
    tenants_in_turn_.erase(owner.turn);
    if (tenants_.size() > max_known_tenants_) tenants_.erase(owner.name);
  }

  const size_t max_known_tenants_;
  absl::flat_hash_map<std::string, std::unique_ptr<Tenant>> tenants_;
  std::list<Tenant*> tenants_in_turn_;  // those with places, each once
  int64_t size_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_TURN_ROTATION_H_
