// Exercises of GradingService. What each method does, and its errors: grading_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_EXERCISE_HANDLERS_H_
#define CELLAR_SERVER_API_EXERCISE_HANDLERS_H_

#include "absl/status/status.h"
#include "cellar/v1/grading_service.pb.h"
#include "server/api/api.h"

namespace cellar {

absl::Status CreateExercise(Api& api, const Call& call, const v1::CreateExerciseRequest& request,
                            v1::CreateExerciseResponse* response);
absl::Status GetExercise(Api& api, const Call& call, const v1::GetExerciseRequest& request,
                         v1::GetExerciseResponse* response);
absl::Status ListExercises(Api& api, const Call& call, const v1::ListExercisesRequest& request,
                           v1::ListExercisesResponse* response);
absl::Status DeleteExercise(Api& api, const Call& call, const v1::DeleteExerciseRequest& request,
                            v1::DeleteExerciseResponse* response);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_EXERCISE_HANDLERS_H_
