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
  auto* reactor = new UploadReactor(
      api, admission, caller.ok() ? *std::move(caller) : NobodyCaller(), context, response);
  if (!admitted.ok()) {
    reactor->Complete(admitted);
    return reactor;
  }
  reactor->entered_ = true;
  reactor->StartRead(&reactor->message_);
  return reactor;
}

void UploadReactor::OnReadDone(bool ok) {
  if (ok) {
    const absl::Status taken = Take(std::move(message_));
    if (!taken.ok()) return Complete(taken);
    message_.Clear();
    return StartRead(&message_);
  }
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
  if (entered_) admission_.Leave();
  delete this;
}

}  // namespace cellar
