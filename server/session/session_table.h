// The sessions of this server, by tenant and name, and the memory of those that ended.
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
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/base/clock.h"
#include "server/base/counter.h"
#include "server/identity/tenant.h"
#include "server/session/session.h"
#include "server/session/session_id.h"
#include "server/session/session_lease.h"

namespace cellar {

class SessionTable {
 public:
  struct Limits {
    int64_t max_sessions = 100'000;
    int64_t max_bytes = int64_t{1} << 30;  // states, windows and inputs of all sessions together
    absl::Duration tombstone_retention = absl::Hours(24);
    int64_t max_tombstones = 100'000;  // the oldest go first
  };

  // `clock` outlives the table and every session of it.
  SessionTable(Limits limits, Clock& clock);
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
  // Errors: SESSION_NOT_FOUND, SESSION_EXPIRED, SESSION_DELETED, SESSION_LOST.
  absl::StatusOr<std::shared_ptr<Session>> Find(const OwnedName& owned);

  // As Find, and keeps the session from expiring while the hold lives.
  absl::StatusOr<SessionHold> Hold(const OwnedName& owned);

  // Holds a session found before; whatever has its name now does not matter.
  // Errors: SESSION_EXPIRED, SESSION_DELETED.
  absl::StatusOr<SessionHold> Hold(std::shared_ptr<Session> session);

  // At most `max_count` live sessions of the tenant of `after` whose names sort after its name, in
  // order.
  std::vector<std::shared_ptr<Session>> List(const OwnedName& after, int64_t max_count);

  // Ends the session and remembers that. Work that waits for its turn fails with SESSION_DELETED.
  // Errors: as Find.
  absl::Status Delete(const OwnedName& owned);

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

  int64_t session_count() const;
  int64_t used_bytes() const;
  const std::string& epoch() const;  // of this run of the server; see session_id.h

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_TABLE_H_
