#include "server/api/step_stream.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "server/api/answer_room.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/go_on_elsewhere.h"
#include "server/api/session_turn.h"
#include "server/api/step_plan.h"
#include "server/api/step_turn.h"
#include "server/api/stream_slot.h"
#include "server/base/status_macros.h"
#include "server/engine/engine_errors.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

absl::Status OutOfOrder(absl::string_view what) {
  return BadRequest({{"part", std::string(what)}});
}

// What does not change once the stream stands.
struct StreamSettings {
  TraceOptions options;
  v1::Encoding encoding = v1::ENCODING_UNSPECIFIED;
};

// Order of answers: turns of one session run in the order in which they were taken, and each calls
// its Done before it ends or hands it to the keeper, which keeps the order of those it is handed.
// (With PERIODIC and MEMORY it is handed few: a Done behind them may come first.) What fails before
// it has a turn (a message that breaks a rule, a full queue) waits in `tail_` until every turn
// taken before has ended; so does everything behind it.
class OpenStepStream final : public StepStream,
                             public std::enable_shared_from_this<OpenStepStream> {
 public:
  OpenStepStream(Api& api, Call call, std::function<void(absl::Status)> on_end,
                 std::unique_ptr<StreamSlot> slot)
      : api_(api), call_(std::move(call)), on_end_(std::move(on_end)), slot_(std::move(slot)) {}

  ~OpenStepStream() override { Close(); }

  void Open(const v1::StreamStepsRequest& request, v1::StreamStepsResponse* response,
            Done done) override {
    Open(call_, request, response, std::move(done));
  }
  void Step(const v1::StreamStepsRequest& request, v1::StreamStepsResponse* response,
            Done done) override;
  void Close() override;

  // The session wants this stream to end.
  void End(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  // What the session knows of the stream: not its lifetime.
  class Listener : public StreamListener {
   public:
    explicit Listener(std::weak_ptr<OpenStepStream> stream) : stream_(std::move(stream)) {}
    void EndStream(absl::Status status) override {
      if (const auto stream = stream_.lock()) stream->End(status);
    }

   private:
    const std::weak_ptr<OpenStepStream> stream_;
  };

  // The same with `call` or, once the session is awake, a copy of it that may take long.
  void Open(const Call& call, const v1::StreamStepsRequest& request,
            v1::StreamStepsResponse* response, Done done);
  absl::StatusOr<SessionTurn> PrepareOpen(const Call& call, const v1::StreamStepsRequest& request,
                                          v1::StreamStepsResponse* response);
  absl::StatusOr<PreparedStep> PrepareStep(const v1::StreamStepsRequest& request);

  // In the session's turn.
  absl::Status RunStep(SessionLease& lease, const StepPlan& plan,
                       v1::StreamStepsResponse* response) {
    CELLAR_RETURN_IF_ERROR(CheckStanding());
    return RunPlan(api_, call_, lease, plan, response->mutable_step());
  }

  // Makes or queues a step of a stream that stands. Errors: STEP_QUEUE_LIMIT, CALL_BYTES_LIMIT;
  // then `done` is yet to be called.
  absl::Status TakeStep(PreparedStep step, v1::StreamStepsResponse* response, Done& done);

  // The end of a turn.
  void FinishTurn(Done& done, absl::Status status) {
    if (!status.ok()) Fail(status);
    done(std::move(status));
    FinishOne();
  }

  // In the session's turn: becomes its stream, if `resume_from` can be had.
  absl::Status Attach(const SessionLease& lease, std::optional<int64_t> resume_from);

  bool IsClosed() ABSL_LOCKS_EXCLUDED(mutex_);

  // In the session's turn: whether a step may still be made.
  absl::Status CheckStanding() ABSL_LOCKS_EXCLUDED(mutex_);

  absl::Status TakenOver() const {
    return SessionTakenOver(session_->name(), session_->Look().next_step);
  }

  // One message is dealt with; `tail_` has its turn when it was the last one with a turn.
  void FinishOne() ABSL_LOCKS_EXCLUDED(mutex_);

  // Nothing is applied any more, because of `status` unless there was a reason before.
  void Fail(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mutex_);
  void NoteFailure(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (!failure_.has_value()) failure_ = status;
    failed_.store(true, std::memory_order_release);
  }

  // Constant after construction.
  Api& api_;
  const Call call_;

  // Of the thread that hands over messages; set by Open, before its Done, and before the session
  // knows of the stream.
  StreamSettings settings_;
  std::shared_ptr<Listener> listener_;
  std::shared_ptr<Session> session_;
  int64_t position_ = 0;  // the index implied for the next message

  absl::Mutex mutex_;
  std::function<void(absl::Status)> on_end_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<StreamSlot> slot_ ABSL_GUARDED_BY(mutex_);
  bool may_be_attached_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> failure_ ABSL_GUARDED_BY(mutex_);  // the first one, in order
  std::atomic<bool> failed_{false};  // whether there is one: asked at each step without the lock
  std::optional<absl::Status> tail_failure_ ABSL_GUARDED_BY(mutex_);  // of the first in tail_
  // Messages that have no turn and never will: few. (A deque would take 600 bytes of every stream.)
  std::vector<Done> tail_ ABSL_GUARDED_BY(mutex_);
  int64_t in_flight_ ABSL_GUARDED_BY(mutex_) = 0;  // messages with a turn, or being dealt with
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

void OpenStepStream::Open(const Call& call, const v1::StreamStepsRequest& request,
                          v1::StreamStepsResponse* response, Done done) {
  absl::StatusOr<SessionTurn> turn = PrepareOpen(call, request, response);
  if (IsSessionAsleep(turn.status())) {
    return GoOnElsewhere(api_, call, request.open().session(),
                         [self = shared_from_this(), &request, response, done = std::move(done)](
                             absl::Status may_run, const Call& patient) mutable {
                           if (may_run.ok())
                             return self->Open(patient, request, response, std::move(done));
                           self->Fail(may_run);
                           done(std::move(may_run));
                         });
  }
  if (!turn.ok()) {
    Fail(turn.status());
    return done(turn.status());
  }
  TakeTurn(api_, call_, *std::move(turn),
           [self = shared_from_this(), done = std::move(done)](absl::Status status) mutable {
             if (!status.ok()) self->Fail(status);
             done(std::move(status));
           });
}

absl::StatusOr<SessionTurn> OpenStepStream::PrepareOpen(const Call& call,
                                                        const v1::StreamStepsRequest& request,
                                                        v1::StreamStepsResponse* response) {
  if (!request.has_open()) return OutOfOrder("the first message of a stream must be `open`");
  const v1::StreamStepsOpen& open = request.open();
  FieldViolations violations;
  absl::StatusOr<SessionHold> hold =
      HoldNamed(api_, call, open.session(), "open.session", violations);
  if (IsSessionAsleep(hold.status())) return hold.status();
  settings_ = {ReadTraceOptions(open.view(), open.density(), "open.", violations), open.encoding()};
  CheckEnum(open.encoding(), "open.encoding", violations);
  std::optional<int64_t> resume_from;
  if (open.has_resume_from()) resume_from = open.resume_from();
  CheckStepIndex(resume_from.value_or(0), "open.resume_from", violations);
  if (!hold.ok() || !violations.empty()) {
    return FirstFailure(std::move(violations), hold.status());
  }
  session_ = hold->session();
  listener_ = std::make_shared<Listener>(weak_from_this());
  SessionTurn turn{*std::move(hold)};
  turn.work = [self = shared_from_this(), resume_from, response](SessionLease& lease) {
    CELLAR_RETURN_IF_ERROR(self->Attach(lease, resume_from));
    v1::StreamStepsOpened& opened = *response->mutable_opened();
    opened.set_session(std::string(lease.session().name()));
    opened.set_next_step(lease.progress().next_step);
    opened.set_durable_step(lease.durable_step());
    opened.set_server_epoch(self->api_.sessions.epoch());
    return absl::OkStatus();
  };
  return turn;
}

absl::Status OpenStepStream::Attach(const SessionLease& lease, std::optional<int64_t> resume_from) {
  const absl::string_view name = lease.session().name();
  const SessionProgress& progress = lease.progress();
  const int64_t next_step = progress.next_step;
  const int64_t oldest_step = progress.window.OldestStep(next_step);
  position_ = resume_from.value_or(next_step);
  if (position_ > next_step) return StepGap(name, position_, next_step);
  if (position_ < oldest_step) return StepTooOld(name, position_, oldest_step, next_step);
  {
    absl::MutexLock lock(&mutex_);
    if (closed_) return CallCancelled();
    may_be_attached_ = true;
  }
  CELLAR_RETURN_IF_ERROR(session_->AttachStream(listener_));
  if (!IsClosed()) return absl::OkStatus();
  // Closed in between, when there was nothing to detach yet.
  session_->DetachStream(listener_.get());
  return CallCancelled();
}

bool OpenStepStream::IsClosed() {
  absl::MutexLock lock(&mutex_);
  return closed_;
}

void OpenStepStream::Step(const v1::StreamStepsRequest& request, v1::StreamStepsResponse* response,
                          Done done) {
  absl::StatusOr<PreparedStep> step = PrepareStep(request);
  absl::Status refused = step.status();
  bool standing = false;
  {
    absl::MutexLock lock(&mutex_);
    ++in_flight_;
    standing = !failure_.has_value() && !tail_failure_.has_value();
  }
  if (refused.ok() && standing) {
    refused = TakeStep(*std::move(step), response, done);
    if (refused.ok()) return;
  }
  {
    absl::MutexLock lock(&mutex_);
    if (!tail_failure_.has_value()) tail_failure_ = failure_.value_or(refused);
    tail_.push_back(std::move(done));
  }
  FinishOne();
}

absl::Status OpenStepStream::TakeStep(PreparedStep step, v1::StreamStepsResponse* response,
                                      Done& done) {
  CELLAR_RETURN_IF_ERROR(
      TakeRoom(api_, call_, step.plan.answer_bytes, done, kLeastCallBytes / kMostWaitingSteps));
  const bool done_now = TryTurnNow(
      api_, call_, step.hold, step.plan.multiply_adds,
      [&](SessionLease& lease) { return RunStep(lease, step.plan, response); },
      [&](absl::Status status) { FinishTurn(done, std::move(status)); });
  if (done_now) return absl::OkStatus();
  StepTurn turn{std::move(step), response->mutable_step(), [this] { return CheckStanding(); },
                [self = shared_from_this()](Done& taken, absl::Status status) {
                  self->FinishTurn(taken, std::move(status));
                }};
  return TryTakeStepTurn(api_, call_, std::move(turn), done);
}

absl::StatusOr<PreparedStep> OpenStepStream::PrepareStep(const v1::StreamStepsRequest& request) {
  if (!request.has_step()) {
    return OutOfOrder("every message of a stream after the first must be `step`");
  }
  const v1::StreamStepsStep& step = request.step();
  StepWish wish{step.inputs(), position_, settings_.options, settings_.encoding, {"step."}};
  if (step.has_step_index()) wish.step_index = step.step_index();
  FieldViolations violations;
  CheckStepIndex(wish, violations);
  CELLAR_ASSIGN_OR_RETURN(StepPlan plan,
                          PlanSteps(api_.limits, session_->terms(), wish, std::move(violations)));
  absl::StatusOr<SessionHold> hold = api_.sessions.HoldAwake(session_);
  // Only a session without a stream falls asleep.
  if (IsSessionAsleep(hold.status())) return TakenOver();
  CELLAR_RETURN_IF_ERROR(hold.status());
  plan.multiply_adds += GoBackCost(*session_, *plan.step_index);
  // Beyond the largest index there is only STEP_GAP; the position must not run over on the way.
  position_ = *plan.step_index +
              std::min(plan.step_count, std::numeric_limits<int64_t>::max() - *plan.step_index);
  return PreparedStep{*std::move(hold), std::move(plan)};
}

absl::Status OpenStepStream::CheckStanding() {
  if (failed_.load(std::memory_order_acquire)) {
    absl::MutexLock lock(&mutex_);
    return *failure_;
  }
  if (session_->IsAttached(listener_.get())) return absl::OkStatus();
  // Somebody else has the session or its name already, and End is about to be called with the news.
  CELLAR_RETURN_IF_ERROR(session_->CheckAlive());
  return TakenOver();
}

void OpenStepStream::FinishOne() {
  while (true) {
    Done done;
    absl::Status status;
    {
      absl::MutexLock lock(&mutex_);
      if (in_flight_ > 1 || tail_.empty()) {
        --in_flight_;
        return;
      }
      NoteFailure(*tail_failure_);
      status = *failure_;
      done = std::move(tail_.front());
      tail_.erase(tail_.begin());
    }
    done(std::move(status));
  }
}

void OpenStepStream::Fail(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  NoteFailure(status);
}

void OpenStepStream::End(const absl::Status& status) {
  std::function<void(absl::Status)> on_end;
  {
    absl::MutexLock lock(&mutex_);
    if (failure_.has_value()) return;
    NoteFailure(status);
    on_end = std::exchange(on_end_, nullptr);
  }
  if (on_end) on_end(status);
}

void OpenStepStream::Close() {
  std::function<void(absl::Status)> on_end;  // destroyed after the lock, like the others
  bool detach = false;
  std::unique_ptr<StreamSlot> slot;
  {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
    NoteFailure(CallCancelled());
    on_end = std::exchange(on_end_, nullptr);
    detach = std::exchange(may_be_attached_, false);
    slot = std::move(slot_);
  }
  if (detach) session_->DetachStream(listener_.get());
}

}  // namespace

absl::StatusOr<std::shared_ptr<StepStream>> StepStream::Create(
    Api& api, Call call, std::function<void(absl::Status)> on_end) {
  CELLAR_ASSIGN_OR_RETURN(std::unique_ptr<StreamSlot> slot, StreamSlot::Take(api, call.tenant()));
  return std::make_shared<OpenStepStream>(api, std::move(call), std::move(on_end), std::move(slot));
}

}  // namespace cellar
