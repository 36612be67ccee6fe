// The sessions of this server, by tenant and name, and the memory of those that ended.
//
// With a keeper a session may sleep: it is in the store, and the table has its name, times and
// model. Whoever holds it wakes it up; whoever only looks is shown a copy. The limits of bytes are
// of sessions that are awake: if there is no room, some that nobody uses go to sleep, those of the
// tenant if it is the tenant that has none.
//
// Thread safety: all methods may be called from any thread.
// Lock order: table before session. No lock is held while a stream is told its end or while memory
// of sessions is freed.
// Ownership: sessions are shared with whoever found them and outlive the table if need be.
#ifndef CELLAR_SERVER_SESSION_SESSION_TABLE_H_
#define CELLAR_SERVER_SESSION_SESSION_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "server/base/clock.h"
#include "server/base/counter.h"
#include "server/identity/tenant.h"
#include "server/session/session.h"
#include "server/session/session_id.h"
#include "server/session/session_keeper.h"
#include "server/session/session_lease.h"
#include "server/session/session_record.h"
#include "server/session/tombstones.h"

namespace cellar {

class SessionTable {
 public:
  struct Limits {
    int64_t max_sessions = 100'000;
    int64_t max_sessions_per_tenant = 0;   // 0: as many as of all
    int64_t max_bytes = int64_t{1} << 30;  // states, windows and inputs of all sessions together
    int64_t max_bytes_per_tenant = 0;      // 0: as many as of all
    absl::Duration tombstone_retention = absl::Hours(24);
    int64_t max_tombstones = 100'000;                // the oldest go first
    absl::Duration sleep_after = absl::Minutes(10);  // unused; needs a keeper
  };

  // `clock` outlives the table and every session of it, and so does `keeper`. Without one sessions
  // are in memory only.
  SessionTable(Limits limits, Clock& clock, SessionKeeper* keeper = nullptr);
  ~SessionTable();
  SessionTable(const SessionTable&) = delete;
  SessionTable& operator=(const SessionTable&) = delete;

  // Creates a session of config.tenant. An empty config.name gets a made one; config.create_time
  // becomes now. A chosen name whose session has ended may be used again. Errors: SESSION_EXISTS,
  // SESSION_LIMIT, SESSION_BYTES_LIMIT, INTERNAL (a state is missing, or the system has no random
  // numbers); then nothing changed, but what was due has ended.
  absl::StatusOr<std::shared_ptr<Session>> Create(SessionConfig config, SessionProgress progress);

  // The session of this tenant and name, for looking only. Another tenant's is looked for, and not
  // found, like one that never was.
  // Errors: SESSION_NOT_FOUND, SESSION_EXPIRED, SESSION_DELETED, SESSION_LOST, SESSION_DAMAGED,
  // STORE_FAILED.
  absl::StatusOr<std::shared_ptr<Session>> Find(const OwnedName& owned);

  // As Find, and keeps the session from expiring while the hold lives. Also SESSION_BYTES_LIMIT, if
  // it sleeps and there is no room for it.
  absl::StatusOr<SessionHold> Hold(const OwnedName& owned);

  // Has the processor fetch sessions of these names (whatever there is of them) that are soon to be
  // held, all at once.
  void Prefetch(absl::Span<const OwnedName> all) const;

  // For threads that must not wait for the store: as Hold, but SessionAsleep if it sleeps.
  absl::StatusOr<SessionHold> HoldAwake(const OwnedName& owned);

  // Holds a session found before; whatever has its name now does not matter.
  // Errors: SESSION_EXPIRED, SESSION_DELETED, SessionAsleep.
  absl::StatusOr<SessionHold> HoldAwake(std::shared_ptr<Session> session);

  // Somebody is on the way to the session of this name with Hold. Whoever asks later must not be
  // served before: as long as anybody is on the way, HoldAwake by name says that it sleeps.
  class Waking;
  Waking BeginWaking(const OwnedName& owned);

  // Shows live sessions of the tenant of `after` whose names sort after its name, in order:
  // `max_count` at most, and none once `show` has said false. Those that sleep are read one after
  // another, each when it is shown; what is damaged or cannot be read is left out.
  void List(const OwnedName& after, int64_t max_count,
            absl::FunctionRef<bool(const std::shared_ptr<Session>&)> show);

  // Ends the session and remembers that. Work that waits for its turn fails with SESSION_DELETED.
  // Errors: as Find.
  absl::Status Delete(const OwnedName& owned);

  // Takes in a session that sleeps in the store; it may turn out to have expired. REQUIRES: nobody
  // else uses the table yet, and its name is free.
  void AddAsleep(const StoredSessionHead& head, ModelPin model);

  // Remembers an end of an earlier run, unless it is too old. REQUIRES: as AddAsleep.
  void AddTombstone(const OwnedName& owned, const Tombstone& tombstone);

  // Ends a session whose creation could not be kept; it was deleted, to who asks.
  void Discard(const std::shared_ptr<Session>& session);

  // Ends every session whose time has come and forgets old tombstones. Returns when there will be
  // something to do again at the earliest (InfiniteFuture if nothing is known). Cost: that of what
  // is due.
  absl::Time EndDue();

  // What happened since the table was made.
  struct Counts {
    Counter created;
    Counter expired;
    Counter deleted;
  };
  const Counts& counts() const;

  // Puts sessions to sleep that nobody has used for long, or whose memory will be needed soon.
  // Bounded in what it does at once.
  void SleepIdle();

  // Writes all there is to know of all sessions that are awake, whatever their durability, and
  // waits for it. REQUIRES: nobody works on sessions any more. Errors: STORE_FAILED.
  absl::Status KeepAll();

  int64_t session_count() const;  // awake and asleep
  int64_t awake_count() const;
  int64_t used_bytes() const;
  const std::string& epoch() const;  // of this run of the server; see session_id.h

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// Ends when it is destroyed; the table outlives it. Move-only.
class SessionTable::Waking {
 public:
  Waking(Waking&& other) noexcept
      : table_(std::exchange(other.table_, nullptr)), full_name_(std::move(other.full_name_)) {}
  Waking& operator=(Waking&&) = delete;
  ~Waking();

 private:
  friend class SessionTable;
  Waking(Implementation& table, std::string full_name)
      : table_(&table), full_name_(std::move(full_name)) {}

  Implementation* table_;  // null once moved from
  std::string full_name_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_TABLE_H_
