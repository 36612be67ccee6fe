#include "server/rpc/unary_calls.h"

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/message_size.h"
#include "server/rpc/on_worker.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {

absl::StatusOr<UnaryCall*> UnaryCall::Begin(Api& api, Admission& admission,
                                            grpc::CallbackServerContext& context,
                                            const google::protobuf::Message& request) {
  const google::protobuf::Descriptor& kind = *request.GetDescriptor();
  CELLAR_ASSIGN_OR_RETURN(SharedCaller caller, admission.Identify(context, kind));
  CELLAR_RETURN_IF_ERROR(CheckMessageSize(request, api.limits.max_message_bytes));
  CallBytes bytes(admission.call_bytes(), caller->tenant);
  const auto request_bytes = static_cast<int64_t>(request.ByteSizeLong());
  CELLAR_RETURN_IF_ERROR(bytes.Set(std::max(kLeastCallBytes, request_bytes)));
  CELLAR_RETURN_IF_ERROR(admission.Enter());
  return new UnaryCall(admission, context, kind, std::move(caller), std::move(bytes));
}

Call UnaryCall::ForHandler() const {
  Call call(caller_);
  call.deadline = deadline_;
  call.cancelled = [this] { return cancelled_.load(std::memory_order_relaxed); };
  return call;
}

void UnaryCall::Complete(const absl::Status& status) {
  Finish(admission_.Close(context_, request_, caller_.get(), status));
}

void UnaryCall::CompleteOnWorker(Scheduler& scheduler, absl::AnyInvocable<absl::Status()> work) {
  RunOnWorker(scheduler, caller_->tenant, deadline_,
              [this, work = std::move(work)](const absl::Status& may_run) mutable {
                if (!may_run.ok()) return Complete(may_run);
                if (cancelled_.load(std::memory_order_relaxed)) return Complete(CallerGone());
                Complete(work());
              });
}

void UnaryCall::BeginOnWorker(Scheduler& scheduler, absl::AnyInvocable<void()> work) {
  RunOnWorker(scheduler, caller_->tenant, deadline_,
              [this, work = std::move(work)](const absl::Status& may_run) mutable {
                if (!may_run.ok()) return Complete(may_run);
                if (cancelled_.load(std::memory_order_relaxed)) return Complete(CallerGone());
                work();
              });
}

void UnaryCall::OnDone() {
  admission_.Leave();
  delete this;
}

grpc::ServerUnaryReactor* UnaryCalls::Refuse(grpc::CallbackServerContext* context,
                                             const google::protobuf::Message& request,
                                             const absl::Status& status) {
  const google::protobuf::Descriptor& kind = *request.GetDescriptor();
  // Asked once more, as whoever is refused is still somebody the log can name.
  const absl::StatusOr<SharedCaller> caller = admission_.Identify(*context, kind);
  const Caller* const known = caller.ok() ? caller->get() : nullptr;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(admission_.Close(*context, kind, known, status));
  return reactor;
}

}  // namespace cellar
