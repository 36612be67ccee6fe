#include "server/session/tombstones.h"

namespace cellar {

std::optional<std::string> Tombstones::Add(absl::string_view name, Tombstone tombstone) {
  Remove(name);
  const auto [entry, inserted] = by_name_.emplace(name, tombstone);
  by_age_.emplace(tombstone.end_time, entry->first);
  if (count() <= max_count_) return std::nullopt;
  std::string oldest(by_age_.begin()->second);
  Remove(oldest);
  return oldest;
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

std::vector<std::string> Tombstones::RemoveOld(absl::Time now, int64_t max_count) {
  std::vector<std::string> removed;
  while (static_cast<int64_t>(removed.size()) < max_count && !by_age_.empty() &&
         NextRemovalTime() <= now) {
    removed.emplace_back(by_age_.begin()->second);
    Remove(removed.back());
  }
  return removed;
}

absl::Time Tombstones::NextRemovalTime() const {
  if (by_age_.empty()) return absl::InfiniteFuture();
  return by_age_.begin()->first + retention_;
}

}  // namespace cellar
