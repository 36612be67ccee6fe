#include "server/rpc/grading_service.h"

#include <memory>
#include <string>
#include <utility>

#include "server/api/exercise_check_handlers.h"
#include "server/api/exercise_handlers.h"
#include "server/api/grading_handlers.h"
#include "server/rpc/on_worker.h"
#include "server/rpc/serial_stream_reactor.h"

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

grpc::ServerUnaryReactor* GradingService::CreateExercise(Context* context,
                                                         const v1::CreateExerciseRequest* request,
                                                         v1::CreateExerciseResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::CreateExercise);
}

grpc::ServerUnaryReactor* GradingService::GetExercise(Context* context,
                                                      const v1::GetExerciseRequest* request,
                                                      v1::GetExerciseResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::GetExercise);
}

grpc::ServerUnaryReactor* GradingService::ListExercises(Context* context,
                                                        const v1::ListExercisesRequest* request,
                                                        v1::ListExercisesResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::ListExercises);
}

grpc::ServerUnaryReactor* GradingService::DeleteExercise(Context* context,
                                                         const v1::DeleteExerciseRequest* request,
                                                         v1::DeleteExerciseResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::DeleteExercise);
}

grpc::ServerUnaryReactor* GradingService::CheckExercise(Context* context,
                                                        const v1::CheckExerciseRequest* request,
                                                        v1::CheckExerciseResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::CheckExercise);
}

grpc::ServerUnaryReactor* GradingService::Grade(Context* context, const v1::GradeRequest* request,
                                                v1::GradeResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::Grade);
}

grpc::ServerBidiReactor<v1::GradeStreamRequest, v1::GradeStreamResponse>*
GradingService::GradeStream(Context* context) {
  return GradeStreamReactor::Start(*context, api_, admission_, [this](const Call& call) {
    return std::make_unique<GradeMessages>(api_, call);
  });
}

}  // namespace cellar
