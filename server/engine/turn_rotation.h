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

#include <cstdint>
#include <deque>
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
 public:
  // `line` waits for a turn, behind all that `tenant` has waiting in that kind of place.
  void Add(absl::string_view tenant, TurnPlace place, Line line) {
    Tenant& owner = FindOrAdd(tenant);
    if (owner.places.empty()) tenants_in_turn_.push_back(&owner);
    if (place == TurnPlace::kOwn) {
      owner.places.emplace_back(std::move(line));
    } else {
      if (owner.shared.empty()) owner.places.emplace_back(std::nullopt);
      owner.shared.push_back(std::move(line));
    }
    ++size_;
  }

  // Takes out the line whose turn it is. REQUIRES: not empty().
  Line Next() {
    Tenant& owner = *tenants_in_turn_.front();
    tenants_in_turn_.pop_front();
    std::optional<Line> line = std::move(owner.places.front());
    owner.places.pop_front();
    if (!line.has_value()) {
      line = std::move(owner.shared.front());
      owner.shared.pop_front();
      if (!owner.shared.empty()) owner.places.emplace_back(std::nullopt);
    }
    --size_;
    if (!owner.places.empty()) {
      tenants_in_turn_.push_back(&owner);
    } else if (tenants_.size() > kMaxKnownTenants) {
      tenants_.erase(owner.name);
    }
    return *std::move(line);
  }

  bool empty() const { return size_ == 0; }
  int64_t size() const { return size_; }  // lines that wait

 private:
  // Tenants without anything to do are kept up to this many: most come back soon.
  static constexpr size_t kMaxKnownTenants = 256;

  struct Tenant {
    explicit Tenant(absl::string_view given_name) : name(given_name) {}

    const std::string name;
    std::deque<std::optional<Line>> places;  // nothing: the shared place
    std::deque<Line> shared;
  };

  Tenant& FindOrAdd(absl::string_view tenant) {
    const auto found = tenants_.find(tenant);
    if (found != tenants_.end()) return *found->second;
    return *tenants_.emplace(tenant, std::make_unique<Tenant>(tenant)).first->second;
  }

  absl::flat_hash_map<std::string, std::unique_ptr<Tenant>> tenants_;
  std::deque<Tenant*> tenants_in_turn_;  // those with places, each once
  int64_t size_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_TURN_ROTATION_H_
