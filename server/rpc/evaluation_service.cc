#include "server/rpc/evaluation_service.h"

#include <algorithm>
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
#include "server/rpc/refusal.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/wires.h"

namespace cellar {
namespace {

using EvaluateWire = DownloadWire<v1::EvaluateRequest, v1::EvaluateResponse>;

// One call. Worker and gRPC take turns: an answer is computed on a worker, written by gRPC, and
// only then comes the next; so at most one answer is in memory, and nothing here needs a lock.
class EvaluateReactor final : public Reactor {
 public:
  // REQUIRES: the call has entered `admission`.
  EvaluateReactor(Api& api, Admission& admission, SharedCaller caller, EvaluateWire& wire)
      : api_(api),
        admission_(admission),
        caller_(std::move(caller)),
        bytes_(admission.call_bytes(), caller_->tenant),
        wire_(wire),
        deadline_(CallDeadline(wire.context().deadline())) {}

  // Begins.
  void Start() {
    const absl::Status full = bytes_.Set(RequestBytes());
    if (!full.ok()) return wire_.Finish(Close(full));
    AnswerOnWorker();
  }

 private:
  void AnswerOnWorker() {
    RunOnWorker(api_.scheduler, caller_->tenant, deadline_, [this](absl::Status may_run) {
      const absl::StatusOr<bool> answered = may_run.ok() ? Answer() : std::move(may_run);
      if (!answered.ok()) return wire_.Finish(Close(answered.status()));
      if (!*answered) return AnswerOnWorker();  // behind whoever waits
      if (evaluation_->AtEnd()) {
        return wire_.WriteAndFinish(response_, Close(absl::OkStatus()));
      }
      wire_.Write(response_);
    });
  }

  // Computes towards the next answer, into response_; as Evaluation::Next.
  absl::StatusOr<bool> Answer() {
    if (cancelled_.load(std::memory_order_relaxed)) return CallerGone();
    if (evaluation_ == nullptr) {
      Call call(caller_);
      call.deadline = deadline_;
      call.cancelled = [this] { return cancelled_.load(std::memory_order_relaxed); };
      CELLAR_ASSIGN_OR_RETURN(evaluation_, Evaluation::Create(api_, call, wire_.request()));
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
    if (!ok) return wire_.Finish(Close(CallerGone()));
    AnswerOnWorker();
  }

  // The request, and what was read from it.
  int64_t RequestBytes() const {
    return std::max(kLeastCallBytes, 2 * static_cast<int64_t>(wire_.request().ByteSizeLong()));
  }

  grpc::Status Close(const absl::Status& status) {
    return admission_.Close(wire_.context(), *v1::EvaluateRequest::descriptor(), caller_.get(),
                            status);
  }

  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }

  void OnDone() override {
    bytes_.Set(0).IgnoreError();  // whoever finds nobody inside finds nothing held
    admission_.Leave();
    delete this;
  }

  Api& api_;
  Admission& admission_;
  const SharedCaller caller_;
  CallBytes bytes_;
  EvaluateWire& wire_;  // until OnDone
  const absl::Time deadline_;
  std::atomic<bool> cancelled_{false};

  std::unique_ptr<Evaluation> evaluation_;
  v1::EvaluateResponse response_;
};

}  // namespace

void EvaluationService::Serve(CallQueue& queue) {
  EvaluateWire::Serve(
      queue, *this, &EvaluationService::RequestEvaluate, [this](EvaluateWire& wire) -> Reactor* {
        absl::StatusOr<SharedCaller> caller =
            admission_.Identify(wire.context(), *v1::EvaluateRequest::descriptor());
        absl::Status admitted = caller.status();
        if (admitted.ok()) {
          admitted = CheckMessageSize(wire.request(), api_.limits.max_message_bytes);
        }
        if (admitted.ok()) admitted = admission_.Enter();
        if (!admitted.ok()) return Refuse(admission_, wire, wire.request(), admitted);
        auto* reactor = new EvaluateReactor(api_, admission_, *std::move(caller), wire);
        reactor->Start();
        return reactor;
      });
}

}  // namespace cellar
