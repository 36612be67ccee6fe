// Exercises of GradingService. What each method does, and its errors: grading_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_EXERCISE_HANDLERS_H_
#define CELLAR_SERVER_API_EXERCISE_HANDLERS_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cellar/v1/grading_service.pb.h"
#include "server/api/api.h"
#include "server/base/error.h"
#include "server/grading/exercise_registry.h"

namespace cellar {

// An exercise as CreateExercise keeps it, under `id` (empty: made from its digest). Errors:
// BAD_REQUEST with all violations, those of CompileExercise.
absl::StatusOr<std::shared_ptr<KeptExercise>> MakeExercise(
    const v1::Exercise& message, const std::string& id, absl::Time create_time,
    const ApiLimits& limits, FieldViolations violations, const std::function<bool()>& cancelled);

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
