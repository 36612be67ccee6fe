#include "server/session/session.h"

#include <algorithm>

#include "server/base/status_macros.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

// What keeping a session costs besides its numbers and words: objects, allocation headers, places
// in the table's indices. Measured with glibc 2.36 on 64 bits (tests/bench/sessions) and rounded
// up.
constexpr int64_t kSessionOverheadBytes = 704;
constexpr int64_t kLabelOverheadBytes = 160;

}  // namespace

int64_t SessionBytes(const SessionConfig& config, const SessionProgress& progress) {
  int64_t bytes =
      kSessionOverheadBytes + static_cast<int64_t>(config.tenant.size() + config.name.size());
  for (const auto& [key, value] : config.labels) {
    bytes += kLabelOverheadBytes + static_cast<int64_t>(key.size() + value.size());
  }
  bytes += config.initial_state.size_bytes() + progress.state.size_bytes();
  return bytes + progress.window.SizeBytes() +
         progress.window.entry_count() * kWindowEntryOverheadBytes;
}

Session::Session(SessionConfig config, SessionProgress progress,
                 std::shared_ptr<SessionCommons> commons)
    : config_(std::move(config)),
      commons_(std::move(commons)),
      budget_(commons_->budgets.Of(config_.tenant)),
      number_(commons_->session_count.fetch_add(1, std::memory_order_relaxed)),
      progress_(std::move(progress)),
      charged_bytes_(SessionBytes(config_, progress_)),
      update_time_(config_.create_time),
      use_{.unused_since = config_.create_time, .ttl = config_.ttl} {}

Session::~Session() { budget_.Charge(-charged_bytes_).IgnoreError(); }

Session::View Session::Look() const {
  absl::MutexLock lock(&mutex_);
  return {.state = progress_.state,
          .next_step = progress_.next_step,
          .durable_step = durable_step_,
          .oldest_step = progress_.window.OldestStep(progress_.next_step),
          .update_time = update_time_,
          .expire_time = ExpireTime(use_, commons_->clock.Now())};
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
  if (previous != nullptr) previous->EndStream(SessionTakenOver(config_.name, next_step));
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
  if (end_.has_value()) return false;
  end_ = end;
  end_time_ = when;
  return true;
}

bool Session::EndIfExpired(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  return EndIfExpiredLocked(now);
}

bool Session::EndIfExpiredLocked(absl::Time now) {
  if (end_.has_value()) return true;
  if (!IsExpired(use_, now)) return false;
  end_ = SessionEnd::kExpired;
  end_time_ = ExpireTime(use_, now);
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
  return {*end_, end_time_};
}

absl::Status Session::CheckAlive() const {
  absl::MutexLock lock(&mutex_);
  return CheckAliveLocked();
}

absl::Status Session::CheckAliveLocked() const {
  if (!end_.has_value()) return absl::OkStatus();
  return SessionEnded(config_.name, *end_, end_time_, commons_->server_epoch);
}

absl::Status Session::ChargeChangeLocked(int64_t bytes) {
  CELLAR_RETURN_IF_ERROR(CheckAliveLocked());
  CELLAR_RETURN_IF_ERROR(budget_.Charge(bytes));
  charged_bytes_ += bytes;
  update_time_ = commons_->clock.Now();
  return absl::OkStatus();
}

absl::Time Session::NextLookTime(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  return cellar::NextLookTime(use_, now);
}

Session::HoldOutcome Session::AddHold(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  if (asleep_) return HoldOutcome::kAsleep;
  if (EndIfExpiredLocked(now)) return HoldOutcome::kEnded;
  ++use_.hold_count;
  used_ = true;
  return HoldOutcome::kHeld;
}

bool Session::RemoveHold() {
  absl::MutexLock lock(&mutex_);
  if (--use_.hold_count > 0) return false;
  use_.unused_since = commons_->clock.Now();
  if (commons_->watcher == nullptr || config_.durability == Durability::kMemory) return false;
  // A change that is to be written takes the time of use along.
  if (end_.has_value() || noted_ || writing_count_ < change_count_) return false;
  if (writing_unused_since_ >= use_.unused_since) return false;
  noted_ = true;
  return true;
}

bool Session::MustBeKept() const {
  absl::MutexLock lock(&mutex_);
  switch (config_.durability) {
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
  if (use_.hold_count > 0 || stream_ != nullptr || end_.has_value()) return SleepOutcome::kInUse;
  if (use_.unused_since >= unused_before) return SleepOutcome::kInUse;
  if (std::exchange(used_, false) && patient) return SleepOutcome::kInUse;
  if (kept_count_ < change_count_ || kept_unused_since_ != use_.unused_since) {
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
  return use_;
}

std::optional<Session::Capture> Session::BeginWriting(bool times_too) {
  absl::MutexLock lock(&mutex_);
  noted_ = false;
  urgent_ = false;
  if (end_.has_value() || asleep_) return std::nullopt;
  const absl::Time unused_since = use_.hold_count > 0 ? commons_->clock.Now() : use_.unused_since;
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
  kept_unused_since_ = written.times.unused_since;
  if (config_.durability == Durability::kMemory) return;
  // What was written before a rewind says nothing of the steps made after it.
  if (turned_count_ <= written.change_count) durable_step_ = written.progress.next_step;
}

void Session::ComeBack(const SessionTimes& times) {
  absl::MutexLock lock(&mutex_);
  update_time_ = times.update_time;
  use_.unused_since = times.unused_since;
  kept_unused_since_ = writing_unused_since_ = times.unused_since;
  kept_count_ = writing_count_ = change_count_;
  if (config_.durability != Durability::kMemory) durable_step_ = progress_.next_step;
}

Session::Duty Session::CountChangeLocked(bool is_step) {
  if (commons_->watcher == nullptr) return Duty::kNone;
  ++change_count_;
  durable_step_ = std::min(durable_step_, progress_.next_step);
  if (!is_step) turned_count_ = change_count_;
  if (config_.durability != Durability::kPeriodic) return Duty::kNone;
  const bool urgent = !urgent_ && progress_.next_step - durable_step_ >= commons_->checkpoint_steps;
  if (urgent) urgent_ = true;
  if (noted_ && !urgent) return Duty::kNone;
  noted_ = true;
  return urgent ? Duty::kNoteUrgent : Duty::kNote;
}

}  // namespace cellar
