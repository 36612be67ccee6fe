#include "server/rpc/upload_reactor.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/message_size.h"
#include "server/rpc/on_worker.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {

UploadReactor* UploadReactor::Start(Api& api, Admission& admission,
                                    grpc::CallbackServerContext& context,
                                    v1::UploadModelResponse* response) {
  absl::StatusOr<SharedCaller> caller =
      admission.Identify(context, *v1::UploadModelRequest::descriptor());
  absl::Status admitted = caller.status();
  if (admitted.ok()) admitted = admission.Enter();
  // Who is refused is so before anything of the upload is read.
  const std::shared_ptr<UploadReactor> reactor(new UploadReactor(
      api, admission, caller.ok() ? *std::move(caller) : NobodyCaller(), context, response));
  reactor->self_ = reactor;
  if (!admitted.ok()) {
    reactor->Complete(admitted);
    return reactor.get();
  }
  reactor->entered_ = true;
  reactor->StartRead(&reactor->message_);
  admission.Tell(reactor);  // gRPC keeps what is begun before it has the reactor
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
        StartRead(&message_);
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
  const absl::Time deadline = CallDeadline(context_.deadline());
  RunOnWorker(api_.scheduler, caller_->tenant, deadline, [this](const absl::Status& may_run) {
    if (!may_run.ok()) return Complete(may_run);
    // A broken connection ends the messages as well, and leaves nothing.
    if (context_.IsCancelled()) return Complete(CallerGone());
    Complete(upload_.Finish(response_));
  });
}

absl::Status UploadReactor::Take(v1::UploadModelRequest&& message) {
  CELLAR_RETURN_IF_ERROR(CheckMessageSize(message, api_.limits.max_message_bytes));
  // The file, and the message that will be read from it.
  CELLAR_RETURN_IF_ERROR(bytes_.Add(2 * static_cast<int64_t>(message.chunk().size())));
  return upload_.Add(std::move(message));
}

void UploadReactor::Complete(const absl::Status& status) {
  Finish(admission_.Close(context_, *v1::UploadModelRequest::descriptor(), caller_.get(), status));
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
