// The memory of sessions that ended: how and when, so that "expired" and "deleted" are other
// answers than "never heard of". Bounded by number and by age; the oldest go first.
//
// Thread safety: externally synchronised.
#ifndef CELLAR_SERVER_SESSION_TOMBSTONES_H_
#define CELLAR_SERVER_SESSION_TOMBSTONES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/node_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/session/session_end.h"

namespace cellar {

struct Tombstone {
  SessionEnd end = SessionEnd::kExpired;
  absl::Time end_time;

  friend bool operator==(const Tombstone&, const Tombstone&) = default;
};

class Tombstones {
 public:
  // Keeps at most `max_count`, each until `retention` after its end time.
  Tombstones(int64_t max_count, absl::Duration retention)
      : max_count_(max_count), retention_(retention) {}

  // Remembers the end of `name`, in place of an earlier one. If there are too many now, the oldest
  // goes (which may be this one); its name is returned.
  std::optional<std::string> Add(absl::string_view name, Tombstone tombstone);

  // How `name` ended; nothing if that is not known or too long ago.
  std::optional<Tombstone> Find(absl::string_view name, absl::Time now) const;

  // Forgets `name`, because a new session has it. No effect if it is not there.
  void Remove(absl::string_view name);

  // Forgets at most `max_count` of those whose time is over at `now`. Returns their names.
  std::vector<std::string> RemoveOld(absl::Time now, int64_t max_count);

  // When the oldest will be forgotten; InfiniteFuture if there is none.
  absl::Time NextRemovalTime() const;

  int64_t count() const { return static_cast<int64_t>(by_name_.size()); }

 private:
  const int64_t max_count_;
  const absl::Duration retention_;

  // Names are stored once, in by_name_, whose nodes do not move.
  absl::node_hash_map<std::string, Tombstone> by_name_;
  absl::btree_set<std::pair<absl::Time, absl::string_view>> by_age_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_TOMBSTONES_H_
