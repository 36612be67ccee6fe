// Exercises for tests, made without the wire.
//
// Thread safety: pure functions.
#ifndef CELLAR_TESTS_TESTING_EXERCISE_BUILDER_H_
#define CELLAR_TESTS_TESTING_EXERCISE_BUILDER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "server/grading/answer.h"
#include "server/grading/compiled_exercise.h"
#include "server/grading/exercise.h"

namespace cellar {

// The rules of the course problem.
inline constexpr Numerics kCourseRules = {.activation_rule = ActivationRule::kSaturating,
                                          .rounding = Rounding::kNearestTiesToZero,
                                          .rounding_scope = RoundingScope::kFeedback};

// 0, 1, ... up to `count` of them.
std::vector<int64_t> UpTo(int64_t count);

// An exercise about `model` that is fed these sequences (row-major) from a zero state and asks
// nothing yet.
Exercise ExerciseOf(std::shared_ptr<const Model> model, const Numerics& numerics,
                    const std::vector<std::vector<double>>& sequences);

// Asks for a quantity of the last layer at every step; the id is the question's number.
Question& Ask(Exercise& exercise, Quantity quantity, int64_t sequence = 0);

// The two parts of the course problem, 0,0,1,1,1,0 and 1,1,0,1,1, each asked for h.
Exercise HomeworkExercise(const Numerics& numerics = kCourseRules);

// REQUIRES: nothing goes wrong.
std::shared_ptr<const CompiledExercise> Compile(Exercise exercise);

// The answer that is right everywhere.
Answer RightAnswer(const CompiledExercise& compiled);

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_EXERCISE_BUILDER_H_
