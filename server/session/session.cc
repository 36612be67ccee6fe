#include "server/session/session.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "server/base/status_macros.h"
#include "server/session/session_errors.h"

namespace cellar {
Session::Session(std::shared_ptr<const SharedTerms> terms, SessionConfig config,
                 SessionProgress progress)
    : SessionEntry(/*is_sleeper=*/false),
      progress_(std::move(progress)),
      terms_(std::move(terms)),
      name_(config.name),
      unused_since_(config.create_time),
      update_time_(config.create_time),
      number_(commons().session_count.fetch_add(1, std::memory_order_relaxed)),
      create_time_(config.create_time),
      initial_state_(std::move(config.initial_state)) {
  std::move(config.pin).Leave();  // the terms have the model
}

Session::~Session() {
  ModelPin::TakeBack(*terms().model);
  terms_->budget.Charge(-ChargedBytesLocked()).IgnoreError();
}

const SessionRest& Session::RestLocked() const {
  static const auto* const beginning = new SessionRest();
  return rest_ == nullptr ? *beginning : *rest_;
}

SessionRest& Session::MutableRestLocked() {
  if (rest_ == nullptr) rest_ = std::make_unique<SessionRest>();
  return *rest_;
}

Session::View Session::Look() const {
  absl::MutexLock lock(&mutex_);
  return {.state = progress_.state,
          .next_step = progress_.next_step,
          .durable_step = RestLocked().durable_step,
          .oldest_step = progress_.window.OldestStep(progress_.next_step),
          .update_time = update_time_,
          .expire_time = ExpireTime(UseLocked(), commons().clock.Now())};
}

int64_t Session::StepsBehindOldest(int64_t step_index) const {
  absl::MutexLock lock(&mutex_);
  if (step_index >= progress_.next_step) return 0;
  return std::max<int64_t>(0, step_index - progress_.window.OldestStep(progress_.next_step));
}

absl::Status Session::AttachStream(std::shared_ptr<StreamListener> listener) {
  std::shared_ptr<StreamListener> previous;
  int64_t next_step = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (absl::Status status = CheckAliveLocked(); !status.ok()) return status;
    std::shared_ptr<StreamListener>& stream = MutableRestLocked().stream;
    if (stream == listener) return absl::OkStatus();
    previous = std::exchange(stream, std::move(listener));
    next_step = progress_.next_step;
  }
  if (previous != nullptr) previous->EndStream(SessionTakenOver(name(), next_step));
  return absl::OkStatus();
}

void Session::DetachStream(const StreamListener* listener) {
  std::shared_ptr<StreamListener> forgotten;  // may be destroyed: after the lock
  absl::MutexLock lock(&mutex_);
  if (RestLocked().stream.get() != listener || listener == nullptr) return;
  forgotten = std::exchange(MutableRestLocked().stream, nullptr);
}

bool Session::IsAttached(const StreamListener* listener) const {
  absl::MutexLock lock(&mutex_);
  return listener != nullptr && RestLocked().stream.get() == listener &&
         life_ != SessionLife::kEnded;
}

bool Session::End(SessionEnd end, absl::Time when) {
  absl::MutexLock lock(&mutex_);
  if (life_ != SessionLife::kAlive) return false;
  EndLocked(end, when);
  return true;
}

void Session::EndLocked(SessionEnd end, absl::Time when) {
  life_ = SessionLife::kEnded;
  MutableRestLocked().end = end;
  MutableRestLocked().end_time = ShortTime(when);
}

bool Session::EndIfExpired(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  return EndIfExpiredLocked(now);
}

bool Session::EndIfExpiredLocked(absl::Time now) {
  if (life_ != SessionLife::kAlive) return life_ == SessionLife::kEnded;
  if (!IsExpired(UseLocked(), now)) return false;
  EndLocked(SessionEnd::kExpired, ExpireTime(UseLocked(), now));
  return true;
}

void Session::TellEnd() {
  std::shared_ptr<StreamListener> stream;
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    status = CheckAliveLocked();
    if (rest_ != nullptr) stream = std::exchange(rest_->stream, nullptr);
  }
  if (stream != nullptr) stream->EndStream(std::move(status));
}

std::pair<SessionEnd, absl::Time> Session::HowEnded() const {
  absl::MutexLock lock(&mutex_);
  return {RestLocked().end, absl::Time(RestLocked().end_time)};
}

absl::Status Session::CheckAlive() const {
  absl::MutexLock lock(&mutex_);
  return CheckAliveLocked();
}

absl::Status Session::CheckAliveLocked() const {
  if (life_ != SessionLife::kEnded) return absl::OkStatus();
  return SessionEnded(name(), RestLocked().end, RestLocked().end_time, commons().server_epoch);
}

absl::Status Session::ChargeChangeLocked(int64_t bytes) {
  CELLAR_RETURN_IF_ERROR(CheckAliveLocked());
  CELLAR_RETURN_IF_ERROR(terms_->budget.Charge(bytes));
  update_time_ = ShortTime(commons().clock.Now());
  return absl::OkStatus();
}

absl::Time Session::NextLookTime(absl::Time now) const {
  absl::MutexLock lock(&mutex_);
  return cellar::NextLookTime(UseLocked(), now);
}

Session::HoldOutcome Session::AddHold(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  progress_.window.Prefetch();
  progress_.state.Prefetch();
  if (life_ == SessionLife::kAsleep) return HoldOutcome::kAsleep;
  if (EndIfExpiredLocked(now)) return HoldOutcome::kEnded;
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
  const SessionRest& rest = RestLocked();
  if (life_ == SessionLife::kEnded || rest.noted || rest.writing_count < rest.change_count)
    return false;
  if (rest.writing_unused_since >= unused_since_) return false;
  MutableRestLocked().noted = true;
  return true;
}

bool Session::MustBeKept() const {
  absl::MutexLock lock(&mutex_);
  const SessionRest& rest = RestLocked();
  switch (terms().durability) {
    case Durability::kMemory:
      return rest.kept_count == 0;  // that it was there
    case Durability::kPeriodic:
      return rest.turned_count > rest.kept_count;
    case Durability::kEveryStep:
      return rest.change_count > rest.kept_count;
  }
  return false;
}

Session::SleepOutcome Session::FallAsleep(bool patient, absl::Time unused_before) {
  absl::MutexLock lock(&mutex_);
  const SessionRest& rest = RestLocked();
  if (hold_count_ > 0 || rest.stream != nullptr || life_ == SessionLife::kEnded) {
    return SleepOutcome::kInUse;
  }
  if (unused_since_ >= unused_before) return SleepOutcome::kInUse;
  if (std::exchange(used_, false) && patient) return SleepOutcome::kInUse;
  if (rest.kept_count < rest.change_count || rest.kept_unused_since != unused_since_) {
    const bool sought = std::exchange(MutableRestLocked().sought, true);
    return sought ? SleepOutcome::kBeingKept : SleepOutcome::kNotKept;
  }
  life_ = SessionLife::kAsleep;
  return SleepOutcome::kAsleep;
}

bool Session::IsAsleep() const {
  absl::MutexLock lock(&mutex_);
  return life_ == SessionLife::kAsleep;
}

SessionUse Session::Use() const {
  absl::MutexLock lock(&mutex_);
  return UseLocked();
}

std::optional<SessionCapture> Session::BeginWriting(bool times_too) {
  absl::MutexLock lock(&mutex_);
  SessionRest& rest = MutableRestLocked();
  rest.noted = false;
  rest.urgent = false;
  if (life_ != SessionLife::kAlive) return std::nullopt;
  const ShortTime unused_since = hold_count_ > 0 ? ShortTime(commons().clock.Now()) : unused_since_;
  const bool news = rest.writing_count < rest.change_count;
  if (!news && (!times_too || rest.writing_unused_since == unused_since)) return std::nullopt;
  rest.writing_count = rest.change_count;
  rest.writing_unused_since = unused_since;
  return SessionCapture{progress_, {update_time_, unused_since}, rest.change_count};
}

void Session::EndWriting(const SessionCapture& written, bool ok) {
  absl::MutexLock lock(&mutex_);
  SessionRest& rest = MutableRestLocked();
  if (!ok) {  // whoever writes next writes it all
    rest.writing_count = rest.kept_count;
    rest.writing_unused_since = rest.kept_unused_since;
    return;
  }
  rest.sought = false;
  rest.kept_count = written.change_count;
  rest.kept_unused_since = ShortTime(written.times.unused_since);
  if (terms().durability == Durability::kMemory) return;
  // What was written before a rewind says nothing of the steps made after it.
  if (rest.turned_count <= written.change_count) rest.durable_step = written.progress.next_step;
}

void Session::ComeBack(const SessionTimes& times) {
  absl::MutexLock lock(&mutex_);
  SessionRest& rest = MutableRestLocked();
  update_time_ = ShortTime(times.update_time);
  unused_since_ = ShortTime(times.unused_since);
  rest.kept_unused_since = rest.writing_unused_since = unused_since_;
  rest.kept_count = rest.writing_count = rest.change_count;
  if (terms().durability != Durability::kMemory) rest.durable_step = progress_.next_step;
}

Session::Duty Session::CountChangeLocked(bool is_step) {
  if (commons().watcher == nullptr) return Duty::kNone;
  SessionRest& rest = MutableRestLocked();
  ++rest.change_count;
  rest.durable_step = std::min(rest.durable_step, progress_.next_step);
  if (!is_step) rest.turned_count = rest.change_count;
  if (terms().durability != Durability::kPeriodic) return Duty::kNone;
  const int64_t not_durable = progress_.next_step - rest.durable_step;
  const bool urgent = !rest.urgent && not_durable >= commons().checkpoint_steps;
  if (urgent) rest.urgent = true;
  if (rest.noted && !urgent) return Duty::kNone;
  rest.noted = true;
  return urgent ? Duty::kNoteUrgent : Duty::kNote;
}

}  // namespace cellar
