// Which mistakes an exercise cannot see. What the method does, and its errors:
// grading_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_EXERCISE_CHECK_HANDLERS_H_
#define CELLAR_SERVER_API_EXERCISE_CHECK_HANDLERS_H_

#include "absl/status/status.h"
#include "cellar/v1/grading_service.pb.h"
#include "server/api/api.h"

namespace cellar {

absl::Status CheckExercise(Api& api, const Call& call, const v1::CheckExerciseRequest& request,
                           v1::CheckExerciseResponse* response);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_EXERCISE_CHECK_HANDLERS_H_
