#include "server/session/session.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/session/session_errors.h"

namespace cellar {
Session::Session(std::shared_ptr<const SharedTerms> terms, SessionConfig config,
                 SessionProgress progress)
    : terms_(std::move(terms)),
      name_(std::move(config.name)),
      initial_state_(std::move(config.initial_state)),
      create_time_(config.create_time),
      pin_(std::move(config.pin)),
      number_(commons().session_count.fetch_add(1, std::memory_order_relaxed)),
      progress_(std::move(progress)),
      charged_bytes_(SessionBytes(this->terms(), name_, initial_state_, progress_)),
      update_time_(create_time_),
      unused_since_(create_time_) {}

Session::~Session() { terms_->budget.Charge(-charged_bytes_).IgnoreError(); }

Session::View Session::Look() const {
  absl::MutexLock lock(&mutex_);
  return {.state = progress_.state,
          .next_step = progress_.next_step,
          .durable_step = durable_step_,
          .oldest_step = progress_.window.OldestStep(progress_.next_step),
          .update_time = update_time_,
          .expire_time = ExpireTime(UseLocked(), commons().clock.Now())};
}

absl::Status Session::AttachStream(std::shared_ptr<StreamListener> listener) {
  std::shared_ptr<StreamListener> previous;
  int64_t next_step = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (absl::Status status = CheckAliveLocked(); !status.ok()) return status;
    if (stream_ == listener) return absl::OkStatus();
    previous = std::exchange(stream_, std::move(listener));
    next_step = progress_.next_step;
  }
  if (previous != nullptr) previous->EndStream(SessionTakenOver(name_, next_step));
  return absl::OkStatus();
}

void Session::DetachStream(const StreamListener* listener) {
  std::shared_ptr<StreamListener> forgotten;  // may be destroyed: after the lock
  absl::MutexLock lock(&mutex_);
  if (stream_.get() == listener) forgotten = std::exchange(stream_, nullptr);
}

bool Session::IsAttached(const StreamListener* listener) const {
  absl::MutexLock lock(&mutex_);
  return listener != nullptr && stream_.get() == listener && !end_.has_value();
}

bool Session::End(SessionEnd end, absl::Time when) {
  absl::MutexLock lock(&mutex_);
  if (end_.has_value() || asleep_) return false;
  end_ = end;
  end_time_ = ShortTime(when);
  return true;
}

bool Session::EndIfExpired(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  return EndIfExpiredLocked(now);
}

bool Session::EndIfExpiredLocked(absl::Time now) {
  if (end_.has_value()) return true;
  if (asleep_) return false;
  if (!IsExpired(UseLocked(), now)) return false;
  end_ = SessionEnd::kExpired;
  end_time_ = ShortTime(ExpireTime(UseLocked(), now));
  return true;
}

void Session::TellEnd() {
  std::shared_ptr<StreamListener> stream;
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    status = CheckAliveLocked();
    stream = std::exchange(stream_, nullptr);
  }
  if (stream != nullptr) stream->EndStream(std::move(status));
}

std::pair<SessionEnd, absl::Time> Session::HowEnded() const {
  absl::MutexLock lock(&mutex_);
  return {*end_, absl::Time(end_time_)};
}

absl::Status Session::CheckAlive() const {
  absl::MutexLock lock(&mutex_);
  return CheckAliveLocked();
}

absl::Status Session::CheckAliveLocked() const {
  if (!end_.has_value()) return absl::OkStatus();
  return SessionEnded(name_, *end_, end_time_, commons().server_epoch);
}

absl::Status Session::ChargeChangeLocked(int64_t bytes) {
  CELLAR_RETURN_IF_ERROR(CheckAliveLocked());
  CELLAR_RETURN_IF_ERROR(terms_->budget.Charge(bytes));
  charged_bytes_ += bytes;
  update_time_ = ShortTime(commons().clock.Now());
  return absl::OkStatus();
}

absl::Time Session::NextLookTime(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  return cellar::NextLookTime(UseLocked(), now);
}

Session::HoldOutcome Session::AddHold(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (asleep_) return HoldOutcome::kAsleep;
  if (EndIfExpiredLocked(now)) return HoldOutcome::kEnded;
  progress_.state.Prefetch();
  progress_.window.PrefetchOldest();
  ++hold_count_;
  used_ = true;
  return HoldOutcome::kHeld;
}

bool Session::RemoveHold() {
  absl::MutexLock lock(&mutex_);
  return RemoveHoldLocked(commons().clock.Now());
}

bool Session::RemoveHoldLocked(absl::Time now) {
  if (--hold_count_ > 0) return false;
  unused_since_ = ShortTime(now);
  if (commons().watcher == nullptr || terms().durability == Durability::kMemory) return false;
  // A change that is to be written takes the time of use along.
  if (end_.has_value() || noted_ || writing_count_ < change_count_) return false;
  if (writing_unused_since_ >= unused_since_) return false;
  noted_ = true;
  return true;
}

bool Session::MustBeKept() const {
  absl::MutexLock lock(&mutex_);
  switch (terms().durability) {
    case Durability::kMemory:
      return kept_count_ == 0;  // that it was there
    case Durability::kPeriodic:
      return turned_count_ > kept_count_;
    case Durability::kEveryStep:
      return change_count_ > kept_count_;
  }
  return false;
}

Session::SleepOutcome Session::FallAsleep(bool patient, absl::Time unused_before) {
  absl::MutexLock lock(&mutex_);
  if (hold_count_ > 0 || stream_ != nullptr || end_.has_value()) return SleepOutcome::kInUse;
  if (unused_since_ >= unused_before) return SleepOutcome::kInUse;
  if (std::exchange(used_, false) && patient) return SleepOutcome::kInUse;
  if (kept_count_ < change_count_ || kept_unused_since_ != unused_since_) {
    return SleepOutcome::kNotKept;
  }
  asleep_ = true;
  return SleepOutcome::kAsleep;
}

bool Session::IsAsleep() const {
  absl::MutexLock lock(&mutex_);
  return asleep_;
}

SessionUse Session::Use() const {
  absl::MutexLock lock(&mutex_);
  return UseLocked();
}

std::optional<Session::Capture> Session::BeginWriting(bool times_too) {
  absl::MutexLock lock(&mutex_);
  noted_ = false;
  urgent_ = false;
  if (end_.has_value() || asleep_) return std::nullopt;
  const ShortTime unused_since = hold_count_ > 0 ? ShortTime(commons().clock.Now()) : unused_since_;
  const bool news = writing_count_ < change_count_;
  if (!news && (!times_too || writing_unused_since_ == unused_since)) return std::nullopt;
  writing_count_ = change_count_;
  writing_unused_since_ = unused_since;
  return Capture{progress_, {update_time_, unused_since}, change_count_};
}

void Session::EndWriting(const Capture& written, bool ok) {
  absl::MutexLock lock(&mutex_);
  if (!ok) {  // whoever writes next writes it all
    writing_count_ = kept_count_;
    writing_unused_since_ = kept_unused_since_;
    return;
  }
  kept_count_ = written.change_count;
  kept_unused_since_ = ShortTime(written.times.unused_since);
  if (terms().durability == Durability::kMemory) return;
  // What was written before a rewind says nothing of the steps made after it.
  if (turned_count_ <= written.change_count) durable_step_ = written.progress.next_step;
}

void Session::ComeBack(const SessionTimes& times) {
  absl::MutexLock lock(&mutex_);
  update_time_ = ShortTime(times.update_time);
  unused_since_ = ShortTime(times.unused_since);
  kept_unused_since_ = writing_unused_since_ = unused_since_;
  kept_count_ = writing_count_ = change_count_;
  if (terms().durability != Durability::kMemory) durable_step_ = progress_.next_step;
}

Session::Duty Session::CountChangeLocked(bool is_step) {
  if (commons().watcher == nullptr) return Duty::kNone;
  ++change_count_;
  durable_step_ = std::min(durable_step_, progress_.next_step);
  if (!is_step) turned_count_ = change_count_;
  if (terms().durability != Durability::kPeriodic) return Duty::kNone;
  const bool urgent = !urgent_ && progress_.next_step - durable_step_ >= commons().checkpoint_steps;
  if (urgent) urgent_ = true;
  if (noted_ && !urgent) return Duty::kNone;
  noted_ = true;
  return urgent ? Duty::kNoteUrgent : Duty::kNote;
}

}  // namespace cellar
