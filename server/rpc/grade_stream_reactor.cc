#include "server/rpc/grade_stream_reactor.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/message_size.h"
#include "server/rpc/on_worker.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/status.h"

namespace cellar {
namespace {

Call CallUntil(SharedCaller caller, absl::Time deadline,
               std::shared_ptr<std::atomic<bool>> cancelled) {
  Call call(std::move(caller));
  call.deadline = deadline;
  call.cancelled = [cancelled = std::move(cancelled)] {
    return cancelled->load(std::memory_order_relaxed);
  };
  return call;
}

}  // namespace

GradeStreamReactor::GradeStreamReactor(Api& api, Admission& admission, SharedCaller caller,
                                       absl::Time deadline)
    : api_(api),
      admission_(admission),
      deadline_(deadline),
      stream_(api, CallUntil(std::move(caller), deadline, cancelled_)) {}

GradeStreamReactorBase* GradeStreamReactor::Start(const grpc::CallbackServerContext& context,
                                                  Api& api, Admission& admission) {
  absl::StatusOr<SharedCaller> caller =
      admission.Identify(context, *v1::GradeStreamRequest::descriptor());
  absl::Status refused = caller.status();
  std::shared_ptr<GradeStreamReactor> reactor(
      new GradeStreamReactor(api, admission, caller.ok() ? *std::move(caller) : NobodyCaller(),
                             CallDeadline(context.deadline())));
  reactor->self_ = reactor;
  if (refused.ok()) refused = admission.Enter();
  reactor->entered_ = refused.ok();
  if (refused.ok()) admission.Tell(reactor);
  // Nothing can be done with the call before gRPC has the reactor, and so OnDone cannot come before
  // this returns: gRPC keeps what is begun here until then.
  reactor->Happened([&] {
    if (!refused.ok()) reactor->end_ = std::move(refused);
  });
  return reactor.get();
}

void GradeStreamReactor::EndForDrain() {
  Happened([this] {
    if (!end_.has_value()) end_ = Draining();
  });
}

void GradeStreamReactor::OnReadDone(bool ok) {
  Happened([this, ok] {
    reading_ = false;
    has_incoming_ = ok;
    any_message_ = any_message_ || ok;
    input_closed_ = !ok;
  });
}

void GradeStreamReactor::OnWriteDone(bool ok) {
  Happened([this, ok] {
    working_ = false;
    if (!ok && !end_.has_value()) end_ = CallerGone();
  });
}

void GradeStreamReactor::OnCancel() {
  cancelled_->store(true, std::memory_order_relaxed);
  Happened([this] {
    if (!end_.has_value()) end_ = CallerGone();
  });
}

void GradeStreamReactor::OnDone() {
  if (entered_) {
    admission_.Forget(this);
    admission_.Leave();
  }
  self_.reset();
}

template <class Event>
void GradeStreamReactor::Happened(Event event) {
  {
    absl::MutexLock lock(&mutex_);
    event();
    if (acting_) return;
    acting_ = true;
  }
  Act();
}

void GradeStreamReactor::Act() {
  while (true) {
    switch (NextAction()) {
      case Do::kNothing:
        return;
      case Do::kRead:
        StartRead(&incoming_);
        break;
      case Do::kWork:
        Work();
        break;
      case Do::kWrite:
        StartWrite(&response_);
        break;
      case Do::kFinish:
        Finish(ToGrpcStatus(FinalStatus()));
        return;  // perhaps OnDone has come: this may be gone
    }
  }
}

GradeStreamReactor::Do GradeStreamReactor::NextAction() {
  absl::MutexLock lock(&mutex_);
  const Do next = Choose();
  if (next == Do::kNothing) acting_ = false;
  return next;
}

GradeStreamReactor::Do GradeStreamReactor::Choose() {
  if (finished_) return Do::kNothing;
  if (std::exchange(has_response_, false)) return Do::kWrite;  // working_ until it is written
  if (!working_ && end_.has_value()) {
    finished_ = true;
    return Do::kFinish;
  }
  if (!working_ && std::exchange(has_incoming_, false)) {
    working_ = true;
    current_.Swap(&incoming_);
    return Do::kWork;
  }
  if (MayRead()) {
    reading_ = true;
    return Do::kRead;
  }
  if (working_ || !input_closed_) return Do::kNothing;
  finished_ = true;
  return Do::kFinish;
}

bool GradeStreamReactor::MayRead() const {
  return !reading_ && !has_incoming_ && !input_closed_ && !end_.has_value();
}

void GradeStreamReactor::Work() {
  // The worker may be the last to hold it: gRPC drops a finished call.
  RunOnWorker(api_.scheduler, deadline_, [this, alive = self_](const absl::Status& may_run) {
    const bool answers = opened_;
    absl::Status status = Take(may_run);
    Happened([&] {
      has_response_ = answers && status.ok() && !cancelled_->load(std::memory_order_relaxed);
      working_ = has_response_;
      if (!status.ok() && !end_.has_value()) end_ = std::move(status);
    });
  });
}

absl::Status GradeStreamReactor::Take(const absl::Status& may_run) {
  CELLAR_RETURN_IF_ERROR(may_run);
  if (cancelled_->load(std::memory_order_relaxed)) return CallerGone();
  CELLAR_RETURN_IF_ERROR(CheckMessageSize(current_, api_.limits.max_message_bytes));
  response_.Clear();
  if (opened_) return stream_.Grade(current_, &response_);
  opened_ = true;
  return stream_.Open(current_);
}

absl::Status GradeStreamReactor::FinalStatus() {
  absl::MutexLock lock(&mutex_);
  if (end_.has_value()) return *end_;
  return any_message_ ? absl::OkStatus() : StreamWithoutOpen();
}

}  // namespace cellar
