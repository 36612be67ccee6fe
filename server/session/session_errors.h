// The failures of sessions, one function each. Reasons and metadata are those of
// error_reason.proto; times in messages and metadata are RFC 3339 in UTC.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_SESSION_SESSION_ERRORS_H_
#define CELLAR_SERVER_SESSION_SESSION_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/identity/cap.h"
#include "server/session/session_end.h"

namespace cellar {

// NOT_FOUND: nothing is known of such a session.
absl::Status SessionNotFound(absl::string_view name, absl::string_view server_epoch);

// NOT_FOUND: it ended unused at `expire_time`.
absl::Status SessionExpired(absl::string_view name, absl::Time expire_time,
                            absl::string_view server_epoch);

// NOT_FOUND: it was deleted at `delete_time`.
absl::Status SessionDeleted(absl::string_view name, absl::Time delete_time,
                            absl::string_view server_epoch);

// NOT_FOUND: it was held in memory only, and the run of the server that held it ended, as the next
// one found at `lost_time`.
absl::Status SessionLostAt(absl::string_view name, absl::Time lost_time,
                           absl::string_view server_epoch);

// DATA_LOSS: what the store had of it was found damaged at `found_time`, and set aside.
absl::Status SessionDamaged(absl::string_view name, absl::Time found_time,
                            absl::string_view server_epoch);

// The one of these four that says how it ended.
absl::Status SessionEnded(absl::string_view name, SessionEnd end, absl::Time end_time,
                          absl::string_view server_epoch);

// NOT_FOUND: the run of the server that had it in memory is over.
absl::Status SessionLost(absl::string_view name, absl::string_view session_epoch,
                         absl::string_view server_epoch);

// ALREADY_EXISTS: the name is taken.
absl::Status SessionExists(absl::string_view name);

// ABORTED: a newer stream has the session; `next_step` is where it is now.
absl::Status SessionTakenOver(absl::string_view name, int64_t next_step);

// RESOURCE_EXHAUSTED: there are `limit` sessions already.
absl::Status SessionLimit(const ReachedCap& cap);

// RESOURCE_EXHAUSTED: `requested_bytes` more do not fit.
absl::Status SessionBytesLimit(const ReachedCap& cap, int64_t requested_bytes);

// FAILED_PRECONDITION: the snapshot was taken of another model.
absl::Status ModelMismatch(absl::string_view model, absl::string_view model_digest,
                           absl::string_view snapshot_digest);

// DATA_LOSS: the bytes are sound, but what they hold is not a state of the model they name.
absl::Status SnapshotDoesNotFit(absl::string_view what);

// UNAVAILABLE: it is in the store, and the thread that asked must not wait for that
// (SessionTable::HoldAwake). For the server itself; no caller is told.
absl::Status SessionAsleep(absl::string_view name);

// Whether it is that.
bool IsSessionAsleep(const absl::Status& status);

// INTERNAL: the server broke a promise of its own; `promise` says which.
absl::Status SessionPromiseBroken(absl::string_view name, absl::string_view promise);

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_ERRORS_H_
