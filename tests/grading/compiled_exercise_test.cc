#include "server/grading/compiled_exercise.h"

#include "gtest/gtest.h"
#include "server/grading/exercise_digest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

TEST(CompileExercise, AddsUpThePointsAndKnowsTheDigest) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].points = 2.5;
  const auto compiled = Compile(exercise);
  EXPECT_EQ(compiled->max_points, 3.5);
  EXPECT_EQ(compiled->digest, ExerciseDigest(exercise));
  EXPECT_FALSE(compiled->has_carried);
}

TEST(CompileExercise, KnowsWhetherErrorsAreCarried) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[1].credit = Credit::kCarried;
  EXPECT_TRUE(Compile(exercise)->has_carried);
}

TEST(CompileExercise, StopsWhenNobodyWaits) {
  const auto compiled = CompileExercise(HomeworkExercise(), [] { return true; });
  EXPECT_EQ(compiled.status().code(), absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace cellar
