// Exercises from the wire to the domain.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_EXERCISE_H_
#define CELLAR_SERVER_API_CONVERT_EXERCISE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cellar/v1/exercise.pb.h"
#include "server/api/api.h"
#include "server/base/error.h"
#include "server/grading/exercise.h"

namespace cellar {

struct BuildExerciseOptions {
  std::string path = "exercise";    // where the message stands in the request
  absl::Time now = {};              // when it is created
  FieldViolations violations = {};  // found before in the same request; reported together
};

// Checks the message and makes an exercise of it; output-only fields are ignored. Errors:
// BAD_REQUEST with all violations, MODEL_SIZE_LIMIT, STEP_COUNT_LIMIT.
absl::StatusOr<Exercise> BuildExercise(const v1::Exercise& message, const ApiLimits& limits,
                                       BuildExerciseOptions options);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_EXERCISE_H_
