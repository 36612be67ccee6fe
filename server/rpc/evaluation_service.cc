#include "server/rpc/evaluation_service.h"

#include <atomic>
#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "server/api/evaluation.h"
#include "server/base/status_macros.h"
#include "server/rpc/call_bytes.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/message_size.h"
#include "server/rpc/on_worker.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {
namespace {

// One call. Worker and gRPC take turns: an answer is computed on a worker, written by gRPC, and
// only then comes the next; so at most one answer is in memory, and nothing here needs a lock.
class EvaluateReactor final : public grpc::ServerWriteReactor<v1::EvaluateResponse> {
 public:
  // REQUIRES: the call has entered `admission`.
  EvaluateReactor(Api& api, Admission& admission, SharedCaller caller,
                  grpc::CallbackServerContext& context)
      : api_(api),
        admission_(admission),
        caller_(std::move(caller)),
        bytes_(admission.call_bytes(), caller_->tenant),
        context_(context),
        deadline_(CallDeadline(context.deadline())) {}

  // Begins. *request lives until OnDone.
  void Start(const v1::EvaluateRequest* request) {
    request_ = request;
    const absl::Status full = bytes_.Set(RequestBytes());
    if (!full.ok()) return Finish(Close(full));
    AnswerOnWorker();
  }

 private:
  void AnswerOnWorker() {
    RunOnWorker(api_.scheduler, caller_->tenant, deadline_, [this](absl::Status may_run) {
      const absl::StatusOr<bool> answered = may_run.ok() ? Answer() : std::move(may_run);
      if (!answered.ok()) return Finish(Close(answered.status()));
      if (!*answered) return AnswerOnWorker();  // behind whoever waits
      if (evaluation_->AtEnd()) {
        return StartWriteAndFinish(&response_, grpc::WriteOptions(), Close(absl::OkStatus()));
      }
      StartWrite(&response_);
    });
  }

  // Computes towards the next answer, into response_; as Evaluation::Next.
  absl::StatusOr<bool> Answer() {
    if (cancelled_.load(std::memory_order_relaxed)) return CallerGone();
    if (evaluation_ == nullptr) {
      Call call(caller_);
      call.deadline = deadline_;
      call.cancelled = [this] { return cancelled_.load(std::memory_order_relaxed); };
      CELLAR_ASSIGN_OR_RETURN(evaluation_, Evaluation::Create(api_, call, *request_));
    }
    response_.Clear();
    CELLAR_ASSIGN_OR_RETURN(const bool answered, evaluation_->Next(&response_));
    if (answered) {
      CELLAR_RETURN_IF_ERROR(
          bytes_.Set(RequestBytes() + static_cast<int64_t>(response_.ByteSizeLong())));
    }
    return answered;
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(Close(CallerGone()));
    AnswerOnWorker();
  }

  // The request, and what was read from it.
  int64_t RequestBytes() const { return 2 * static_cast<int64_t>(request_->ByteSizeLong()); }

  grpc::Status Close(const absl::Status& status) {
    return admission_.Close(context_, *request_->GetDescriptor(), caller_.get(), status);
  }

  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }

  void OnDone() override {
    admission_.Leave();
    delete this;
  }

  Api& api_;
  Admission& admission_;
  const SharedCaller caller_;
  CallBytes bytes_;
  grpc::CallbackServerContext& context_;  // until OnDone
  const absl::Time deadline_;
  std::atomic<bool> cancelled_{false};

  const v1::EvaluateRequest* request_ = nullptr;
  std::unique_ptr<Evaluation> evaluation_;
  v1::EvaluateResponse response_;
};

// A call that is not let in.
class RefusedEvaluation final : public grpc::ServerWriteReactor<v1::EvaluateResponse> {
 public:
  explicit RefusedEvaluation(const grpc::Status& status) { Finish(status); }

 private:
  void OnDone() override { delete this; }
};

}  // namespace

grpc::ServerWriteReactor<v1::EvaluateResponse>* EvaluationService::Evaluate(
    grpc::CallbackServerContext* context, const v1::EvaluateRequest* request) {
  absl::StatusOr<SharedCaller> caller = admission_.Identify(*context, *request->GetDescriptor());
  absl::Status admitted = caller.status();
  if (admitted.ok()) admitted = CheckMessageSize(*request, api_.limits.max_message_bytes);
  if (admitted.ok()) admitted = admission_.Enter();
  if (!admitted.ok()) {
    const Caller* const known = caller.ok() ? caller->get() : nullptr;
    return new RefusedEvaluation(
        admission_.Close(*context, *request->GetDescriptor(), known, admitted));
  }
  auto* reactor = new EvaluateReactor(api_, admission_, *std::move(caller), *context);
  reactor->Start(request);
  return reactor;
}

}  // namespace cellar
