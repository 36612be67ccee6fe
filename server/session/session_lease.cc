#include "server/session/session_lease.h"

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

bool IsComplete(const SessionProgress& progress) {
  const auto& entries = progress.window.entries();
  return progress.state != nullptr &&
         std::all_of(entries.begin(), entries.end(), [](const ReplayEntry& entry) {
           return entry.state_before != nullptr && entry.inputs != nullptr;
         });
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
  if (session_ != nullptr) session_->RemoveHold();
}

absl::StatusOr<SessionLease> SessionHold::Lease() {
  absl::MutexLock lock(&session_->mutex_);
  CELLAR_RETURN_IF_ERROR(session_->CheckAliveLocked());
  if (session_->leased_) {
    return SessionPromiseBroken(session_->config_.name, "two turns were given at once");
  }
  session_->leased_ = true;
  return SessionLease(session_, session_->progress_);
}

SessionLease::SessionLease(std::shared_ptr<Session> session,
                           std::shared_ptr<const SessionProgress> progress)
    : session_(std::move(session)), progress_(std::move(progress)) {}

SessionLease::~SessionLease() {
  if (session_ == nullptr) return;
  absl::MutexLock lock(&session_->mutex_);
  session_->leased_ = false;
}

absl::Status SessionLease::Commit(SessionProgress progress) {
  if (!IsComplete(progress)) {
    return SessionPromiseBroken(config().name, "progress without a state or inputs");
  }
  const int64_t bytes = SessionBytes(config(), progress);
  auto next = std::make_shared<const SessionProgress>(std::move(progress));
  {
    absl::MutexLock lock(&session_->mutex_);
    CELLAR_RETURN_IF_ERROR(session_->CheckAliveLocked());
    CELLAR_RETURN_IF_ERROR(session_->commons_->budget.Charge(bytes - session_->charged_bytes_));
    session_->charged_bytes_ = bytes;
    session_->progress_ = next;
    session_->update_time_ = session_->commons_->clock.Now();
  }
  progress_ = std::move(next);  // frees the former progress: after the lock
  return absl::OkStatus();
}

}  // namespace cellar
