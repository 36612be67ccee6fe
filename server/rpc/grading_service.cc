#include "server/rpc/grading_service.h"

#include "server/api/exercise_check_handlers.h"
#include "server/api/exercise_handlers.h"
#include "server/api/grading_handlers.h"
#include "server/rpc/grade_stream_reactor.h"

namespace cellar {

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
  return calls_.AtOnce(context, request, response, &cellar::DeleteExercise);
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
  return GradeStreamReactor::Start(*context, api_, admission_);
}

}  // namespace cellar
