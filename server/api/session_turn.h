// Work on one session, in its turn.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_SESSION_TURN_H_
#define CELLAR_SERVER_API_SESSION_TURN_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/api/api.h"
#include "server/api/api_errors.h"
#include "server/base/error.h"
#include "server/session/session_lease.h"

namespace cellar {

// Holds the caller's session `name`, which stands in the request at `path`. Errors: those of
// SessionTable::Hold, or anything but OK after a violation; SessionAsleep instead of waiting for
// the store, unless the call may.
absl::StatusOr<SessionHold> HoldNamed(Api& api, const Call& call, absl::string_view name,
                                      absl::string_view path, FieldViolations& violations);

// What to answer when a look-up failed: all violations of the request, if there are any, else
// `status`.
absl::Status FirstFailure(FieldViolations violations, const absl::Status& status);

struct SessionTurn {
  SessionHold hold;
  int64_t multiply_adds = 0;  // about; see Task::cost
  int64_t step_count = 1;     // see Task::step_count
  absl::AnyInvocable<absl::Status(SessionLease&)> work = {};
  bool is_jump = false;  // a rewind, a reset or a set state: it changes the session, and is no step
};

// Waits for the session's turn, leases it and runs `work`, unless the call was cancelled or its
// deadline passed meanwhile. Then gives back the lease and the hold, and only then calls `done`, so
// that whoever hears of the outcome finds the session at rest, and, as its durability wants it, in
// the store. `done` is called exactly once, perhaps before this returns. Errors, with `work` not
// run: STEP_QUEUE_LIMIT, DEADLINE_PASSED, CANCELLED, SESSION_DELETED, STORE_FAILED as
// CheckKeepable; otherwise what `work` returns.
void TakeTurn(Api& api, const Call& call, SessionTurn turn, Done done);

// Whether what a turn makes of its session can be kept, as far as is known: asked in the turn,
// before anything is done. `is_jump`: as SessionTurn's. Errors: STORE_FAILED, if it must be kept
// before its answer, and the store does not work.
absl::Status CheckKeepable(const Api& api, const Session& session, bool is_jump);

// Calls `done` with `outcome` once the store has what it is about (SessionKeeper::Settle); at once
// if there is no store, or if the session's durability does not ask for it.
void Settle(Api& api, const std::shared_ptr<Session>& session, absl::Status outcome, Done done);

// Whether all answers about the session have to wait for the store: then a turn is never taken at
// once.
inline bool WaitsForStore(const Api& api, const Session& session) {
  return api.keeper != nullptr && session.terms().durability == Durability::kEveryStep;
}

// Whether an answer has to as the session is now: with PERIODIC until the last change that was no
// step is kept, with MEMORY until the creation is. Asked in the session's turn, in which it does
// not become true.
inline bool WaitsInTurn(const Api& api, const Session& session) {
  return api.keeper != nullptr && session.MustBeKept();
}

// Whether somebody still waits for the outcome. Errors: CANCELLED, DEADLINE_PASSED.
absl::Status CheckWanted(Api& api, const Call& call);

// Leases the held session for `work`.
template <class Work>
absl::Status WithLease(SessionHold& hold, Work& work) {
  absl::StatusOr<SessionLease> lease = hold.Lease();
  return lease.ok() ? work(*lease) : lease.status();
}

// The same, and gives back lease and hold, under one lock.
template <class Work>
absl::Status LeaseAndEnd(SessionHold hold, Work& work) {
  absl::StatusOr<SessionLease> lease = hold.Lease();
  if (!lease.ok()) return lease.status();
  absl::Status status = work(*lease);
  std::move(*lease).EndWith(std::move(hold));
  return status;
}

// Does what TakeTurn does at once, on this thread, if the engine would, and if the outcome has not
// to wait for the store: then nothing is allocated or handed over. `work` takes a SessionLease& and
// gives a status, `finish` takes the outcome. Returns whether it was done; if not, `hold` is
// untouched, and TakeTurn is to be called.
template <class Work, class Finish>
bool TryTurnNow(Api& api, const Call& call, SessionHold& hold, int64_t multiply_adds, Work&& work,
                Finish&& finish) {
  if (WaitsForStore(api, *hold.session())) return false;
  const auto turn = api.scheduler.TryBegin(hold.session()->turn_key(), multiply_adds);
  if (!turn.has_value() || WaitsInTurn(api, *hold.session())) return false;
  absl::Status status = CheckWanted(api, call);
  if (status.ok()) {
    status = WithServerFacts(LeaseAndEnd(std::move(hold), work), api.sessions.epoch());
  } else {
    const SessionHold given_back = std::move(hold);
  }
  finish(std::move(status));
  return true;
}

}  // namespace cellar

#endif  // CELLAR_SERVER_API_SESSION_TURN_H_
