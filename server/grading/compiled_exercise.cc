#include "server/grading/compiled_exercise.h"

#include <utility>

#include "server/base/status_macros.h"
#include "server/grading/exercise_digest.h"
#include "server/grading/expected_values.h"

namespace cellar {

absl::StatusOr<std::shared_ptr<const CompiledExercise>> CompileExercise(
    Exercise exercise, const std::function<bool()>& cancelled) {
  auto compiled = std::make_shared<CompiledExercise>();
  CELLAR_ASSIGN_OR_RETURN(compiled->expected, ExpectedValues(exercise, cancelled));
  compiled->digest = ExerciseDigest(exercise);
  for (const Question& question : exercise.questions) {
    compiled->max_points += question.points;
    compiled->has_carried = compiled->has_carried || question.credit == Credit::kCarried;
  }
  compiled->exercise = std::move(exercise);
  return compiled;
}

}  // namespace cellar
