#include "server/rpc/unary_calls.h"

#include <algorithm>
#include <utility>

#include "server/base/status_macros.h"
#include "server/rpc/message_size.h"
#include "server/rpc/on_worker.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {

absl::StatusOr<UnaryCall*> UnaryCall::Begin(Api& api, Admission& admission, Wire& wire,
                                            const google::protobuf::Message& request) {
  const google::protobuf::Descriptor& kind = *request.GetDescriptor();
  CELLAR_ASSIGN_OR_RETURN(SharedCaller caller, admission.Identify(wire.context(), kind));
  CELLAR_RETURN_IF_ERROR(CheckMessageSize(request, api.limits.max_message_bytes));
  CallBytes bytes(admission.call_bytes(), caller->tenant);
  const auto request_bytes = static_cast<int64_t>(request.ByteSizeLong());
  CELLAR_RETURN_IF_ERROR(bytes.Set(std::max(kLeastCallBytes, request_bytes)));
  CELLAR_RETURN_IF_ERROR(admission.Enter());
  return new UnaryCall(admission, wire, kind, std::move(caller), std::move(bytes));
}

Call UnaryCall::ForHandler() const {
  Call call(caller_);
  call.deadline = deadline_;
  call.cancelled = [this] { return cancelled_.load(std::memory_order_relaxed); };
  return call;
}

void UnaryCall::Complete(const absl::Status& status) {
  wire_.Finish(admission_.Close(wire_.context(), kind_, caller_.get(), status));
}

void UnaryCall::RunOnWorker(Scheduler& scheduler, absl::AnyInvocable<void()> work) {
  cellar::RunOnWorker(scheduler, caller_->tenant, deadline_,
                      [this, work = std::move(work)](const absl::Status& may_run) mutable {
                        if (!may_run.ok()) return Complete(may_run);
                        if (cancelled_.load(std::memory_order_relaxed)) {
                          return Complete(CallerGone());
                        }
                        work();
                      });
}

void UnaryCall::OnDone() {
  bytes_.Set(0).IgnoreError();  // whoever finds nobody inside finds nothing held
  admission_.Leave();
  delete this;
}

}  // namespace cellar
