// An exercise that is ready to grade: worked out once, then it grades any number of answers.
//
// Thread safety: immutable; share as std::shared_ptr<const CompiledExercise>.
#ifndef CELLAR_SERVER_GRADING_COMPILED_EXERCISE_H_
#define CELLAR_SERVER_GRADING_COMPILED_EXERCISE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/grading/diagnoser.h"
#include "server/grading/exercise.h"

namespace cellar {

struct CompiledExercise {
  Exercise exercise;
  std::string digest;                         // ExerciseDigest of `exercise`
  std::vector<std::vector<double>> expected;  // the key: of each question, in the order asked
  double max_points = 0;
  bool has_carried = false;  // some question gives credit for errors carried forward
  LateDiagnoser diagnoser;   // of `exercise`
};

// Works the exercise out. Errors: CANCELLED, once `cancelled` says yes.
absl::StatusOr<std::shared_ptr<const CompiledExercise>> CompileExercise(
    Exercise exercise, const std::function<bool()>& cancelled);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_COMPILED_EXERCISE_H_
