// Holds and leases: the only ways to work on a session.
//
// Thread safety: each object belongs to one thread at a time and may be handed from thread to
// thread. Ownership: both keep the session alive, not its name: it may be deleted meanwhile, and
// then a commit fails.
#ifndef CELLAR_SERVER_SESSION_SESSION_LEASE_H_
#define CELLAR_SERVER_SESSION_SESSION_LEASE_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/session/session.h"

namespace cellar {

class SessionLease;

// The steps of one request, made from the present of a session.
struct StepsMade {
  int64_t step_count = 0;  // >= 1
  SharedNumbers inputs;
  SharedNumbers state_after;
};

// While it lives the session does not expire: its work waits or runs. When the last hold goes,
// unused time begins. Move-only.
class SessionHold {
 public:
  SessionHold(SessionHold&&) = default;
  SessionHold& operator=(SessionHold&& other) noexcept;
  ~SessionHold();

  const std::shared_ptr<Session>& session() const { return session_; }

  // Takes the exclusive right to change the session.
  // Errors: SESSION_DELETED or SESSION_EXPIRED if it has ended; INTERNAL if there is another lease
  // (the engine gave two turns at once). REQUIRES: the hold outlives the lease.
  absl::StatusOr<SessionLease> Lease();

 private:
  friend class SessionTable;
  friend class SessionLease;
  explicit SessionHold(std::shared_ptr<Session> session);  // REQUIRES: the hold is counted

  std::shared_ptr<Session> session_;
};

// The exclusive right to change a session. Released without Commit, it leaves the session
// untouched. Move-only.
class SessionLease {
 public:
  SessionLease(SessionLease&&) = default;
  SessionLease& operator=(SessionLease&&) = delete;
  ~SessionLease();

  const Session& session() const { return *session_; }
  const SessionTerms& terms() const { return session_->terms(); }

  // The present; it cannot change while the lease lives.
  const SessionProgress& progress() const { return *progress_; }

  // Steps before it survive. With durability EVERY_STEP the present counts as kept: no answer about
  // it leaves before it is (SessionKeeper::Settle).
  int64_t durable_step() const;

  // Puts `progress` in place of the present. May be called several times. (Unused time begins when
  // the hold goes.)
  // Errors: SESSION_DELETED or SESSION_EXPIRED if the session has ended meanwhile,
  // SESSION_BYTES_LIMIT if it grows and the budget has no room for that, INTERNAL if a state or
  // inputs are missing; then nothing changed.
  absl::Status Commit(SessionProgress progress);

  // Ends the use: gives back the lease and the hold it was taken from, under one lock. If there was
  // a commit, it counts as the end. Returns whose they were.
  std::shared_ptr<Session> EndWith(SessionHold hold) &&;

  // Commits one more request: the present becomes its entry in the window, `made` the present.
  // Costs the same however long the window is. Errors: as Commit.
  absl::Status Advance(StepsMade made);

 private:
  friend class SessionHold;
  SessionLease(std::shared_ptr<Session> session, const SessionProgress& progress);

  // Tells the watcher, if it is to be told.
  void Note(Session::Duty duty);

  std::shared_ptr<Session> session_;
  const SessionProgress* progress_;  // the session's own, which nobody else changes
  bool committed_ = false;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_SESSION_LEASE_H_
