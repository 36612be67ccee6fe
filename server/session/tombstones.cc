#include "server/session/tombstones.h"

namespace cellar {

void Tombstones::Add(absl::string_view name, Tombstone tombstone) {
  Remove(name);
  const auto [entry, inserted] = by_name_.emplace(name, tombstone);
  by_age_.emplace(tombstone.end_time, entry->first);
  while (count() > max_count_) Remove(by_age_.begin()->second);
}

std::optional<Tombstone> Tombstones::Find(absl::string_view name, absl::Time now) const {
  const auto entry = by_name_.find(name);
  if (entry == by_name_.end()) return std::nullopt;
  // Whether it has been removed already must not make a difference to who asks.
  if (entry->second.end_time + retention_ <= now) return std::nullopt;
  return entry->second;
}

void Tombstones::Remove(absl::string_view name) {
  const auto entry = by_name_.find(name);
  if (entry == by_name_.end()) return;
  by_age_.erase({entry->second.end_time, absl::string_view(entry->first)});
  by_name_.erase(entry);
}

int64_t Tombstones::RemoveOld(absl::Time now, int64_t max_count) {
  int64_t removed_count = 0;
  while (removed_count < max_count && !by_age_.empty() && NextRemovalTime() <= now) {
    Remove(by_age_.begin()->second);
    ++removed_count;
  }
  return removed_count;
}

absl::Time Tombstones::NextRemovalTime() const {
  if (by_age_.empty()) return absl::InfiniteFuture();
  return by_age_.begin()->first + retention_;
}

}  // namespace cellar
