#include "server/rpc/upload_reactor.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/message_size.h"
#include "server/rpc/on_worker.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {

UploadReactor* UploadReactor::Start(Api& api, Admission& admission, Wire& wire) {
  absl::StatusOr<SharedCaller> caller =
      admission.Identify(wire.context(), *v1::UploadModelRequest::descriptor());
  absl::Status admitted = caller.status();
  if (admitted.ok()) admitted = admission.Enter();
  // Who is refused is so before anything of the upload is read.
  const std::shared_ptr<UploadReactor> reactor(
      new UploadReactor(api, admission, caller.ok() ? *std::move(caller) : NobodyCaller(), wire));
  reactor->self_ = reactor;
  if (!admitted.ok()) {
    reactor->Complete(admitted);
    return reactor.get();
  }
  reactor->entered_ = true;
  wire.Read(&reactor->message_);
  admission.Tell(reactor);
  return reactor.get();
}

void UploadReactor::OnReadDone(bool ok) {
  Happened([ok](Flow& flow) { (ok ? flow.read : flow.closed) = true; });
}

void UploadReactor::EndForDrain() {
  Happened([](Flow& flow) { flow.draining = true; });
}

template <class Event>
void UploadReactor::Happened(Event event) {
  {
    absl::MutexLock lock(&mutex_);
    event(flow_);
    if (std::exchange(flow_.acting, true)) return;
  }
  while (true) {
    switch (NextAction()) {
      case Do::kNothing:
        return;
      case Do::kTake: {
        const absl::Status taken = Take(std::move(message_));
        if (!taken.ok()) return Complete(taken);
        message_.Clear();
        wire_.Read(&message_);
        break;
      }
      case Do::kWork:
        return Work();
      case Do::kEndForDrain:
        return Complete(Draining());
    }
  }
}

UploadReactor::Do UploadReactor::NextAction() {
  absl::MutexLock lock(&mutex_);
  if (flow_.closed) return Do::kWork;
  if (flow_.draining) return Do::kEndForDrain;
  if (std::exchange(flow_.read, false)) return Do::kTake;
  flow_.acting = false;
  return Do::kNothing;
}

void UploadReactor::Work() {
  const absl::Time deadline = CallDeadline(wire_.context().deadline());
  RunOnWorker(api_.scheduler, caller_->tenant, deadline, [this](const absl::Status& may_run) {
    if (!may_run.ok()) return Complete(may_run);
    // A broken connection ends the messages as well, and leaves nothing.
    if (cancelled_.load(std::memory_order_relaxed)) return Complete(CallerGone());
    Complete(upload_.Finish(wire_.response()));
  });
}

absl::Status UploadReactor::Take(v1::UploadModelRequest&& message) {
  CELLAR_RETURN_IF_ERROR(CheckMessageSize(message, api_.limits.max_message_bytes));
  // The file, and the message that will be read from it.
  CELLAR_RETURN_IF_ERROR(bytes_.Add(2 * static_cast<int64_t>(message.chunk().size())));
  return upload_.Add(std::move(message));
}

void UploadReactor::Complete(const absl::Status& status) {
  wire_.Finish(admission_.Close(wire_.context(), *v1::UploadModelRequest::descriptor(),
                                caller_.get(), status));
}

void UploadReactor::OnDone() {
  // The drain may share the reactor a little longer; what belongs to the server goes back now.
  bytes_.Set(0).IgnoreError();
  if (entered_) {
    admission_.Forget(this);
    admission_.Leave();
  }
  self_.reset();
}

}  // namespace cellar
