#include "server/session/session_lease.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

bool IsComplete(const SessionProgress& progress) {
  if (progress.state == nullptr) return false;
  for (int64_t k = 0; k < progress.window.entry_count(); ++k) {
    const ReplayEntry& entry = progress.window.entry(k);
    if (entry.state_before == nullptr || entry.inputs == nullptr) return false;
  }
  return true;
}

}  // namespace

SessionHold::SessionHold(std::shared_ptr<Session> session) : session_(std::move(session)) {}

SessionHold& SessionHold::operator=(SessionHold&& other) noexcept {
  // What was held here is released when `released` goes; moving an object onto itself keeps it.
  SessionHold released(std::move(other));
  std::swap(session_, released.session_);
  return *this;
}

SessionHold::~SessionHold() {
  if (session_ == nullptr || !session_->RemoveHold()) return;
  session_->commons().watcher->Changed(session_, /*urgent=*/false);
}

absl::StatusOr<SessionLease> SessionHold::Lease() {
  absl::MutexLock lock(&session_->mutex_);
  CELLAR_RETURN_IF_ERROR(session_->CheckAliveLocked());
  if (session_->leased_) {
    return SessionPromiseBroken(session_->name(), "two turns were given at once");
  }
  session_->leased_ = true;
  return SessionLease(session_, session_->progress_);
}

SessionLease::SessionLease(std::shared_ptr<Session> session, const SessionProgress& progress)
    : session_(std::move(session)), progress_(&progress) {}

SessionLease::~SessionLease() {
  if (session_ == nullptr) return;
  absl::MutexLock lock(&session_->mutex_);
  session_->leased_ = false;
}

std::shared_ptr<Session> SessionLease::EndWith(SessionHold hold) && {
  hold.session_.reset();  // the lease has it, too
  std::shared_ptr<Session> session = std::move(session_);
  bool news = false;
  {
    absl::MutexLock lock(&session->mutex_);
    session->leased_ = false;
    news = session->RemoveHoldLocked(committed_ ? absl::Time(session->update_time_)
                                                : session->commons().clock.Now());
  }
  if (news) session->commons().watcher->Changed(session, /*urgent=*/false);
  return session;
}

int64_t SessionLease::durable_step() const {
  const bool kept_before_answer = terms().durability == Durability::kEveryStep;
  if (kept_before_answer) return progress_->next_step;
  if (terms().durability == Durability::kMemory) return 0;
  absl::MutexLock lock(&session_->mutex_);
  return session_->RestLocked().durable_step;
}

void SessionLease::Note(Session::Duty duty) {
  if (duty == Session::Duty::kNone) return;
  session_->commons().watcher->Changed(session_, duty == Session::Duty::kNoteUrgent);
}

absl::Status SessionLease::Commit(SessionProgress progress) {
  if (!IsComplete(progress)) {
    return SessionPromiseBroken(session_->name(), "progress without a state or inputs");
  }
  const int64_t bytes =
      SessionBytes(terms(), session_->name(), session_->initial_state(), progress);
  Session::Duty duty;
  {
    absl::MutexLock lock(&session_->mutex_);
    CELLAR_RETURN_IF_ERROR(session_->ChargeChangeLocked(bytes - session_->ChargedBytesLocked()));
    std::swap(session_->progress_, progress);
    duty = session_->CountChangeLocked(/*is_step=*/false);
  }
  committed_ = true;
  Note(duty);
  return absl::OkStatus();  // the former progress is freed here, after the lock
}

absl::Status SessionLease::Advance(StepsMade made) {
  if (made.inputs == nullptr || made.state_after == nullptr) {
    return SessionPromiseBroken(session_->name(), "steps without a state or inputs");
  }
  ReplayEntry entry = {progress_->next_step, made.step_count, nullptr, std::move(made.inputs)};
  ReplayEntry forgotten;  // freed after the lock
  Session::Duty duty;
  {
    absl::MutexLock lock(&session_->mutex_);
    SessionProgress& progress = session_->progress_;
    entry.state_before = std::move(progress.state);
    const ReplayWindow::Growth growth = progress.window.GrowthBy(entry);
    const int64_t bytes = growth.bytes + growth.entry_count * kWindowEntryOverheadBytes;
    if (absl::Status charged = session_->ChargeChangeLocked(bytes); !charged.ok()) {
      progress.state = std::move(entry.state_before);
      return charged;
    }
    forgotten = progress.window.Push(std::move(entry));
    progress.state = std::move(made.state_after);
    progress.next_step += made.step_count;
    duty = session_->CountChangeLocked(/*is_step=*/true);
  }
  committed_ = true;
  Note(duty);
  return absl::OkStatus();
}

}  // namespace cellar
