#include "tests/testing/exercise_builder.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

TEST(ExerciseBuilder, TheHomeworkHasItsAcceptedAnswers) {
  const auto compiled = Compile(HomeworkExercise());
  EXPECT_THAT(compiled->expected,
              ElementsAre(ElementsAre(0, 0, 1, -1, 1, 0), ElementsAre(1, -1, 0, 1, -1)));
  EXPECT_EQ(RightAnswer(*compiled)[1], compiled->expected[1]);
}

TEST(ExerciseBuilder, AsksForEveryStepAndElement) {
  Exercise exercise = HomeworkExercise();
  const Question& question = Ask(exercise, Quantity::kForgetGate, 1);
  EXPECT_EQ(question.id, "3");
  EXPECT_THAT(question.steps, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(question.elements, ElementsAre(0));
}

}  // namespace
}  // namespace cellar
