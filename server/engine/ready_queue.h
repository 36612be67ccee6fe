// What waits for a worker, in two orders at once: whose turn it is of all, and whose of those that
// could step together.
//
// Both are rotations (turn_rotation.h), so that a batch too takes tenants in turn. Whatever is
// taken out of one leaves the other.
//
// Thread safety: externally synchronised, but for the counts of what waits, which may be read at
// any time.
#ifndef CELLAR_SERVER_ENGINE_READY_QUEUE_H_
#define CELLAR_SERVER_ENGINE_READY_QUEUE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/engine/joint_steps.h"
#include "server/engine/turn_rotation.h"

namespace cellar {

// `Line` is whatever can have a turn; moved in and out.
template <class Line>
class ReadyQueue {
 public:
  // `line` waits for a worker; with a kind in a place of its own.
  void Add(absl::string_view tenant, TurnPlace place, std::optional<BatchKind> kind, Line line) {
    auto entry = std::make_unique<Entry>(Entry{std::move(line), nullptr, {}, {}});
    if (kind.has_value()) {
      entry->group = &FindOrAdd(*kind);
      entry->group->count.fetch_add(1, std::memory_order_relaxed);
      entry->in_group = entry->group->rotation.Add(tenant, place, entry.get());
    }
    count_.fetch_add(1, std::memory_order_relaxed);
    Entry& kept = *entry;
    kept.in_all = all_.Add(tenant, place, std::move(entry));
  }

  // Takes out the line whose turn it is. REQUIRES: not empty().
  Line Next() {
    const std::unique_ptr<Entry> entry = all_.Next();
    count_.fetch_sub(1, std::memory_order_relaxed);
    if (entry->group != nullptr) {
      entry->group->rotation.Remove(entry->in_group);
      CountTaken(*entry->group);
    }
    return std::move(entry->line);
  }

  // Takes out the line whose turn it is of this kind. REQUIRES: SizeOf(kind) > 0.
  Line NextOf(const BatchKind& kind) {
    Group& group = FindOrAdd(kind);
    const std::unique_ptr<Entry> entry = all_.Remove(group.rotation.Next()->in_all);
    count_.fetch_sub(1, std::memory_order_relaxed);
    CountTaken(group);
    return std::move(entry->line);
  }

  bool empty() const { return all_.empty(); }
  int64_t size() const { return all_.size(); }  // lines that wait
  int64_t SizeOf(const BatchKind& kind) const {
    const auto found = groups_.find(kind);
    return found == groups_.end() ? 0 : found->second->rotation.size();
  }

  // The number of lines that wait, at any time.
  const std::atomic<int64_t>& waiting() const { return count_; }

  // The same of a kind; there until it is released as often as it was asked for.
  const std::atomic<int64_t>& Watch(const BatchKind& kind) {
    Group& group = FindOrAdd(kind);
    ++group.watcher_count;
    return group.count;
  }

  // REQUIRES: watched.
  void Release(const BatchKind& kind) {
    Group& group = FindOrAdd(kind);
    --group.watcher_count;
    ForgetIfIdle(group);
  }

  // Kinds of which something waits, those that are watched, and some that may come back.
  int64_t known_kinds() const { return static_cast<int64_t>(groups_.size()); }

 private:
  // Kinds of which nothing waits are kept up to this many: most come back soon.
  static constexpr size_t kMaxKnownKinds = 256;

  // Of each kind so many tenants without anything to do are kept.
  static constexpr size_t kMaxKnownTenants = 4;

  struct Group;
  struct Entry {
    Line line;
    Group* group;  // null: it cannot step with others
    typename TurnRotation<Entry*>::Ticket in_group;
    typename TurnRotation<std::unique_ptr<Entry>>::Ticket in_all;
  };
  struct Group {
    explicit Group(const BatchKind& its_kind) : kind(its_kind) {}

    const BatchKind kind;
    TurnRotation<Entry*> rotation{kMaxKnownTenants};
    std::atomic<int64_t> count{0};  // of rotation
    int64_t watcher_count = 0;
  };

  Group& FindOrAdd(const BatchKind& kind) {
    const auto found = groups_.find(kind);
    if (found != groups_.end()) return *found->second;
    return *groups_.emplace(kind, std::make_unique<Group>(kind)).first->second;
  }

  // One line fewer of the group waits.
  void CountTaken(Group& group) {
    group.count.fetch_sub(1, std::memory_order_relaxed);
    ForgetIfIdle(group);
  }

  void ForgetIfIdle(Group& group) {
    const bool idle = group.rotation.empty() && group.watcher_count == 0;
    if (idle && groups_.size() > kMaxKnownKinds) groups_.erase(BatchKind(group.kind));
  }

  TurnRotation<std::unique_ptr<Entry>> all_;
  std::atomic<int64_t> count_{0};  // of all_
  absl::flat_hash_map<BatchKind, std::unique_ptr<Group>> groups_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_READY_QUEUE_H_
