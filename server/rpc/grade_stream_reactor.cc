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
  reactor->Happened([&](Progress& progress) {
    if (!refused.ok()) progress.End(std::move(refused));
  });
  return reactor.get();
}

void GradeStreamReactor::EndForDrain() {
  Happened([](Progress& progress) { progress.End(Draining()); });
}

void GradeStreamReactor::OnReadDone(bool ok) {
  Happened([ok](Progress& progress) {
    progress.reading = false;
    progress.has_incoming = ok;
    progress.any_message = progress.any_message || ok;
    progress.input_closed = !ok;
  });
}

void GradeStreamReactor::OnWriteDone(bool ok) {
  Happened([ok](Progress& progress) {
    progress.working = false;
    if (!ok) progress.End(CallerGone());
  });
}

void GradeStreamReactor::OnCancel() {
  cancelled_->store(true, std::memory_order_relaxed);
  Happened([](Progress& progress) { progress.End(CallerGone()); });
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
    event(progress_);
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
  if (progress_.finished) return Do::kNothing;
  if (std::exchange(progress_.has_response, false)) return Do::kWrite;  // working until written
  if (!progress_.working && progress_.end.has_value()) {
    progress_.finished = true;
    return Do::kFinish;
  }
  if (!progress_.working && std::exchange(progress_.has_incoming, false)) {
    progress_.working = true;
    current_.Swap(&incoming_);
    return Do::kWork;
  }
  if (progress_.MayRead()) {
    progress_.reading = true;
    return Do::kRead;
  }
  if (progress_.working || !progress_.input_closed) return Do::kNothing;
  progress_.finished = true;
  return Do::kFinish;
}

void GradeStreamReactor::Work() {
  // The worker may be the last to hold it: gRPC drops a finished call.
  RunOnWorker(api_.scheduler, deadline_, [this, alive = self_](const absl::Status& may_run) {
    const bool answers = opened_;
    absl::Status status = Take(may_run);
    Happened([&](Progress& progress) {
      progress.has_response =
          answers && status.ok() && !cancelled_->load(std::memory_order_relaxed);
      progress.working = progress.has_response;
      if (!status.ok()) progress.End(std::move(status));
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
  if (progress_.end.has_value()) return *progress_.end;
  return progress_.any_message ? absl::OkStatus() : StreamWithoutOpen();
}

}  // namespace cellar
