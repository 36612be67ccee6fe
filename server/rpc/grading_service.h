// GradingService on the wire.
//
// Thread safety: gRPC calls the methods, from any thread.
// Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_GRADING_SERVICE_H_
#define CELLAR_SERVER_RPC_GRADING_SERVICE_H_

#include "cellar/v1/grading_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/unary_calls.h"

namespace cellar {

class GradingService final : public v1::GradingService::CallbackService {
 public:
  GradingService(Api& api, Admission& admission)
      : api_(api), admission_(admission), calls_(api, admission) {}

 private:
  using Context = grpc::CallbackServerContext;

  grpc::ServerUnaryReactor* CreateExercise(Context* context,
                                           const v1::CreateExerciseRequest* request,
                                           v1::CreateExerciseResponse* response) override;
  grpc::ServerUnaryReactor* GetExercise(Context* context, const v1::GetExerciseRequest* request,
                                        v1::GetExerciseResponse* response) override;
  grpc::ServerUnaryReactor* ListExercises(Context* context, const v1::ListExercisesRequest* request,
                                          v1::ListExercisesResponse* response) override;
  grpc::ServerUnaryReactor* DeleteExercise(Context* context,
                                           const v1::DeleteExerciseRequest* request,
                                           v1::DeleteExerciseResponse* response) override;
  grpc::ServerUnaryReactor* CheckExercise(Context* context, const v1::CheckExerciseRequest* request,
                                          v1::CheckExerciseResponse* response) override;
  grpc::ServerUnaryReactor* Grade(Context* context, const v1::GradeRequest* request,
                                  v1::GradeResponse* response) override;
  grpc::ServerBidiReactor<v1::GradeStreamRequest, v1::GradeStreamResponse>* GradeStream(
      Context* context) override;

  Api& api_;
  Admission& admission_;
  UnaryCalls calls_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_GRADING_SERVICE_H_
