#include "server/rpc/evaluation_service.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "server/api/evaluation.h"
#include "server/base/status_macros.h"
#include "server/rpc/incoming.h"
#include "server/rpc/visit.h"
#include "server/rpc/wires.h"

namespace cellar {
namespace {

using EvaluateWire = StreamWire<v1::EvaluateResponse>;

// One call. Worker and gRPC take turns: an answer is computed on a worker, written by gRPC, and
// only then comes the next; so at most one answer is in memory, and nothing here needs a lock.
class EvaluateReactor final : public Reactor {
 public:
  EvaluateReactor(Api& api, Admission& admission, EvaluateWire& wire)
      : api_(api), wire_(wire), visit_(api, admission, wire, *v1::EvaluateRequest::descriptor()) {}

  // Begins.
  void Start() {
    const absl::Status known = visit_.Identify();
    if (!known.ok()) return Finish(known);
    wire_.Read(&incoming_);
  }

 private:
  void OnReadDone(bool ok) override {
    visit_.ReadOnlyMessage(ok, incoming_, &*request_, [this](absl::StatusOr<int64_t> bytes) {
      if (bytes.ok()) taken_bytes_ = 2 * *bytes;  // the request, and what is read from it
      const absl::Status taken = bytes.ok() ? visit_.SetBytes(taken_bytes_) : bytes.status();
      if (!taken.ok()) return Finish(taken);
      AnswerOnWorker();
    });
  }

  void AnswerOnWorker() {
    visit_.RunOnWorker([this](absl::Status may_run) {
      const absl::StatusOr<bool> answered = may_run.ok() ? Answer() : std::move(may_run);
      if (!answered.ok()) return Finish(answered.status());
      if (!*answered) return AnswerOnWorker();  // behind whoever waits
      if (evaluation_->AtEnd()) {
        GiveBack();
        return wire_.WriteAndFinish(response_, visit_.Close(absl::OkStatus()));
      }
      wire_.Write(response_);
    });
  }

  // Computes towards the next answer, into response_; as Evaluation::Next.
  absl::StatusOr<bool> Answer() {
    if (evaluation_ == nullptr) {
      CELLAR_ASSIGN_OR_RETURN(evaluation_,
                              Evaluation::Create(api_, visit_.ForHandler(), *request_));
      taken_bytes_ += evaluation_->taken_bytes();
      CELLAR_RETURN_IF_ERROR(visit_.SetBytes(taken_bytes_));
    }
    response_.Clear();
    CELLAR_ASSIGN_OR_RETURN(const bool answered, evaluation_->Next(&response_));
    if (answered) {
      const auto bytes = static_cast<int64_t>(response_.ByteSizeLong());
      CELLAR_RETURN_IF_ERROR(visit_.SetBytes(taken_bytes_ + bytes));
    }
    return answered;
  }

  void OnWriteDone() override { AnswerOnWorker(); }

  void Finish(const absl::Status& status) {
    GiveBack();
    visit_.Finish(status);
  }

  // On a worker, if that may take long: before the end, which the queue's thread sees to.
  void GiveBack() {
    evaluation_.reset();
    visit_.LeaveIfForced(*request_);
    request_.reset();
  }

  void OnCancel() override { visit_.Cancel(); }

  void OnDone() override {
    visit_.Leave();
    delete this;
  }

  Api& api_;
  EvaluateWire& wire_;  // until OnDone
  Visit visit_;
  Incoming incoming_;
  std::optional<v1::EvaluateRequest> request_{std::in_place};  // until the end
  int64_t taken_bytes_ = 0;                                    // but for the answer

  std::unique_ptr<Evaluation> evaluation_;
  v1::EvaluateResponse response_;
};

}  // namespace

EvaluationService::EvaluationService(Api& api, Admission& admission)
    : RawService(*v1::EvaluateRequest::descriptor()->file()), api_(api), admission_(admission) {}

void EvaluationService::Serve(CallQueue& queue) {
  EvaluateWire::Serve(queue, *this, "Evaluate", [this](EvaluateWire& wire) -> Reactor* {
    auto* const reactor = new EvaluateReactor(api_, admission_, wire);
    reactor->Start();
    return reactor;
  });
}

}  // namespace cellar
