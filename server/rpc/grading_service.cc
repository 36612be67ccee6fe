#include "server/rpc/grading_service.h"

#include <memory>
#include <string>
#include <utility>

#include "server/api/exercise_check_handlers.h"
#include "server/api/exercise_handlers.h"
#include "server/api/grading_handlers.h"
#include "server/api/on_worker.h"
#include "server/rpc/serial_stream_reactor.h"
#include "server/rpc/unary_calls.h"

namespace cellar {
namespace {

using GradeStreamReactor = SerialStreamReactor<v1::GradeStreamRequest, v1::GradeStreamResponse>;

// The messages of a GradeStream: each is opened or graded on a worker.
class GradeMessages final : public GradeStreamReactor::Stream {
 public:
  GradeMessages(Api& api, const Call& call)
      : scheduler_(api.scheduler),
        tenant_(call.tenant()),
        deadline_(call.deadline),
        stream_(api, call) {}

  void Take(const v1::GradeStreamRequest& request, v1::GradeStreamResponse* response,
            WorkDone done) override {
    RunOnWorker(scheduler_, tenant_, deadline_,
                [this, &request, response, done = std::move(done)](absl::Status may_run) mutable {
                  done(may_run.ok() ? Work(request, response) : std::move(may_run));
                });
  }

  absl::Status Close() override { return opened_ ? absl::OkStatus() : StreamWithoutOpen(); }

 private:
  absl::StatusOr<bool> Work(const v1::GradeStreamRequest& request,
                            v1::GradeStreamResponse* response) {
    const bool answers = opened_;
    opened_ = true;
    response->Clear();
    const absl::Status status = answers ? stream_.Grade(request, response) : stream_.Open(request);
    if (!status.ok()) return status;
    return answers;
  }

  Scheduler& scheduler_;
  const std::string tenant_;
  const absl::Time deadline_;
  GradeStream stream_;
  bool opened_ = false;
};

}  // namespace

GradingService::GradingService(Api& api, Admission& admission)
    : RawService(*v1::GradeRequest::descriptor()->file()), api_(api), admission_(admission) {}

void GradingService::Serve(CallQueue& queue) {
  UnaryCalls calls(queue, *this, api_, admission_);
  calls.OnWorker("CreateExercise", &cellar::CreateExercise);
  calls.OnWorker("GetExercise", &cellar::GetExercise);
  calls.OnWorker("ListExercises", &cellar::ListExercises);
  calls.OnWorker("DeleteExercise", &cellar::DeleteExercise);
  calls.OnWorker("CheckExercise", &cellar::CheckExercise);
  calls.OnWorker("Grade", &cellar::Grade);
  GradeStreamReactor::Wire::Serve(
      queue, *this, "GradeStream", [this](GradeStreamReactor::Wire& wire) {
        return GradeStreamReactor::Start(wire, api_, admission_, [this](const Call& call) {
          return std::make_unique<GradeMessages>(api_, call);
        });
      });
}

}  // namespace cellar
