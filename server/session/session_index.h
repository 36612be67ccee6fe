// What SessionTable is made of: the indices of sessions, awake and asleep, and of ends. Nobody else
// uses it.
//
// Thread safety: methods without Locked in their name may be called from any thread.
#ifndef CELLAR_SERVER_SESSION_SESSION_INDEX_H_
#define CELLAR_SERVER_SESSION_SESSION_INDEX_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "server/identity/cap.h"
#include "server/session/session_entry.h"
#include "server/session/session_keeper.h"
#include "server/session/session_sleeper.h"
#include "server/session/session_table.h"
#include "server/session/shared_terms.h"
#include "server/session/zero_states.h"

namespace cellar {

// One mutex guards the indices; it is held for a few look-ups at a time and never while a stream is
// told, memory of sessions is freed or the store is read.
//
// Invariants, under the mutex:
//  1. `sessions`, `names` and `due` have the same entries, `sessions` owns them. `awake` has those
//     that are sessions, if there is a keeper: without one all are.
//  2. An entry's due time is not later than its expire time (which only moves into the future):
//     work on a session does not touch the table, and EndDue looks again at what it finds too
//     early. It does not change while the entry is in `due`.
//  3. A session that ended may still be in the indices for a moment: the session itself knows best
//     whether it lives. Whoever finds it ended buries it.
//  4. A session that falls asleep gives its place to a sleeper, and says itself that it sleeps.
struct SessionIndex {
  using Sessions = std::vector<std::shared_ptr<Session>>;

  using Sleeper = SessionSleeper;
  using Entry = SessionEntry;

  // Whatever goes by a name: a session, alive or not; one that sleeps; an end; or nothing.
  struct Found {
    std::shared_ptr<Session> session;
    bool asleep = false;
    bool awaited = false;           // somebody is on the way to it (BeginWaking)
    std::optional<ModelPin> model;  // of one that sleeps
    int64_t sleep_number = 0;
    std::optional<Tombstone> tombstone;
  };

  struct Listed {
    std::string name;
    std::shared_ptr<Session> session;  // null if it sleeps
  };

  SessionIndex(const SessionTable::Limits& used_limits, Clock& used_clock,
               SessionKeeper* used_keeper);

  Found Lookup(const OwnedName& owned) const;

  // Has the processor fetch what Lookup will look at.
  void Prefetch(absl::Span<const OwnedName> all) const;

  absl::Status WhyNotThere(absl::string_view name, const std::optional<Tombstone>& tombstone) const;

  // Which cap has no room for one more session of `tenant`; nothing if there is room.
  std::optional<ReachedCap> FindFull(absl::string_view tenant) const;

  // Adds a session whose bytes are charged, or tells why not; then `config` and `progress` are
  // still there. Errors: SESSION_EXISTS, SESSION_LIMIT.
  absl::StatusOr<std::shared_ptr<Session>> AddCharged(SessionConfig& config,
                                                      SessionProgress& progress);

  // Takes a session that has ended out of the indices and remembers its end. Returns it, to be told
  // and freed after the lock.
  std::shared_ptr<Session> BuryLocked(const Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // The same, unless somebody else has done it.
  void Bury(const Session& session);

  // Ends sessions and forgets tombstones that are due at `now`, a bounded number of each. Returns
  // whether there may be more. Ended sessions go into `ended`.
  bool EndSomeDue(absl::Time now, Sessions& ended);

  // The earliest time at which EndSomeDue may find something.
  absl::Time NextDueTime() const;

  // Of a session that sleeps, if it still does. All return whether they have ended it.
  bool EndAsleep(const OwnedName& owned, int64_t sleep_number, const Tombstone& tombstone);
  bool EndAsleepIfExpired(const OwnedName& owned);
  bool EndAsleepAsDamaged(const OwnedName& owned, int64_t sleep_number, const absl::Status& why);

  // Puts in memory what sleeps under `sleep_number`; its bytes are charged. Nullptr, and nothing
  // done, if that is not so any more.
  std::shared_ptr<Session> PutAwake(int64_t sleep_number, StoredSession& stored);

  // Whose memory is wanted, and how much of it may stay in use.
  struct Squeeze {
    const ByteBudget& budget;
    std::optional<absl::string_view> tenant;  // whose budget it is; nothing: that of all
    int64_t enough_bytes = 0;
  };

  struct Place {  // in the order of names
    std::string tenant, name;
  };

  // Whether those that were used since the rotation came by last may sleep at once.
  enum class Sparing { kNobody, kUsedOfLate };

  // Looks at `max_looks` sessions at most, in rotation, and puts those to sleep that nobody has
  // used since `unused_before`, until no more than is enough is used. What the store does not have
  // is given to it, and sleeps next time; the next call, if nobody is spared, begins there again.
  void SleepSome(int64_t max_looks, const Squeeze& squeeze, Sparing sparing,
                 absl::Time unused_before = absl::InfiniteFuture());

  // SessionTable::Waking of this FullName.
  void BeginWaking(const std::string& full_name);
  void EndWaking(const std::string& full_name);

  void AddSleeper(const StoredSessionHead& head, ModelPin model);
  void AddTombstone(const OwnedName& owned, const Tombstone& tombstone);

  std::vector<Listed> Page(const OwnedName& after, int64_t max_count) const;
  Sessions Awake() const;
  int64_t session_count() const;
  int64_t awake_count() const;

  // Constant after construction.
  const SessionTable::Limits limits;

  // Lock themselves.
  Clock& clock;
  SessionKeeper* const keeper;  // may be null
  const SessionIdMaker ids;
  const std::shared_ptr<SessionCommons> commons;
  TermsBook terms;
  ZeroStates zero_states;
  SessionTable::Counts counts;
  TermsBook visitors_terms;  // of copies that are only looked at

  mutable absl::Mutex mutex;
  absl::flat_hash_set<std::shared_ptr<Entry>, SessionNames::Hash, SessionNames::Same> sessions
      ABSL_GUARDED_BY(mutex);
  absl::btree_set<Entry*, SessionNames::InOrder> names ABSL_GUARDED_BY(mutex);
  absl::btree_set<Entry*, SessionNames::InOrder> awake ABSL_GUARDED_BY(mutex);
  absl::btree_set<Entry*, DueInOrder> due ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<std::string, int64_t> tenant_counts ABSL_GUARDED_BY(mutex);  // none is 0
  Tombstones tombstones ABSL_GUARDED_BY(mutex);
  absl::flat_hash_map<std::string, int64_t> wakings ABSL_GUARDED_BY(mutex);  // FullNames; none is 0
  int64_t last_sleep_number ABSL_GUARDED_BY(mutex) = 0;
  Place rotation ABSL_GUARDED_BY(mutex);  // where SleepSome was last

 private:
  std::optional<ReachedCap> FindFullLocked(absl::string_view tenant) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex);

  // The entry of this name; nullptr if there is none.
  std::shared_ptr<Entry> FindLocked(const OwnedName& owned) const ABSL_SHARED_LOCKS_REQUIRED(mutex);

  // What is awake under this name.
  std::shared_ptr<Session> FindAwakeLocked(const OwnedName& owned) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex);

  // What sleeps under this name and `sleep_number`; nullptr if nothing does.
  const Sleeper* FindAsleepLocked(const OwnedName& owned, int64_t sleep_number) const
      ABSL_SHARED_LOCKS_REQUIRED(mutex);

  // Gives a session its share of what many have: a state of zeros, and its terms, which it returns.
  std::shared_ptr<const SharedTerms> Share(SessionConfig& config, SessionProgress& progress);

  // Adds an entry to all indices. REQUIRES: its name is free, and it has its due time.
  void InsertLocked(const std::shared_ptr<Entry>& entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Takes an entry out of all of them.
  std::shared_ptr<Entry> ExtractLocked(const Entry* entry) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  void RememberEndLocked(const OwnedName& owned, const Tombstone& tombstone)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Takes out of memory a session that says it sleeps; returns it, to be freed after the lock.
  std::shared_ptr<Entry> PutAsleepLocked(const Session& session)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // The next in rotation, of `tenant` if there is one given; nullptr if none is awake.
  Session* NextAwakeLocked(std::optional<absl::string_view> tenant)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_INDEX_H_
