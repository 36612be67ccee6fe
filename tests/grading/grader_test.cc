#include "server/grading/grader.h"

#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(GradeAnswer, EverythingRightGivesExactlyThePoints) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].points = 0.7;
  exercise.questions[1].points = 0.1;
  const auto compiled = Compile(exercise);
  const Verdict verdict = GradeAnswer(*compiled, RightAnswer(*compiled));
  EXPECT_TRUE(verdict.AllCorrect());
  EXPECT_EQ(verdict.questions[0].points, 0.7);
  EXPECT_EQ(verdict.points, 0.7 + 0.1);
  EXPECT_EQ(verdict.questions[0].values[0].points, 0.7 / 6);
}

TEST(GradeAnswer, EachValueIsWorthAnEqualShare) {
  const auto compiled = Compile(HomeworkExercise());
  const Verdict verdict =
      GradeAnswer(*compiled, {std::vector<double>{0, 0, 1, -1, 1, -1}, {{1, -1, 0, 0, 1}}});
  EXPECT_FALSE(verdict.AllCorrect());
  EXPECT_DOUBLE_EQ(verdict.questions[0].points, 5.0 / 6);
  EXPECT_DOUBLE_EQ(verdict.questions[1].points, 3.0 / 5);
  EXPECT_EQ(verdict.questions[1].correct_count, 3);
  EXPECT_FALSE(verdict.questions[0].values[5].correct);
  EXPECT_EQ(verdict.questions[0].values[5].points, 0);
  EXPECT_EQ(verdict.questions[0].values[5].given, -1);
  EXPECT_EQ(verdict.questions[0].values[5].expected, 0);
}

TEST(GradeAnswer, AllOrNothingGivesNothingForMost) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].credit = Credit::kAllOrNothing;
  const auto compiled = Compile(exercise);
  Answer answer = RightAnswer(*compiled);
  EXPECT_EQ(GradeAnswer(*compiled, answer).questions[0].points, 1);
  (*answer[0])[5] = 7;
  const Verdict verdict = GradeAnswer(*compiled, answer);
  EXPECT_EQ(verdict.questions[0].points, 0);
  EXPECT_EQ(verdict.questions[0].correct_count, 5);
  EXPECT_EQ(verdict.questions[0].values[0].points, 0);
}

TEST(GradeAnswer, AQuestionWithoutAnswerGetsNothing) {
  const auto compiled = Compile(HomeworkExercise());
  Answer answer = RightAnswer(*compiled);
  answer[0] = std::nullopt;
  const Verdict verdict = GradeAnswer(*compiled, answer);
  EXPECT_EQ(verdict.points, 1);
  EXPECT_EQ(verdict.questions[0].values.size(), 6u);
  EXPECT_FALSE(verdict.questions[0].values[0].given.has_value());
  EXPECT_FALSE(verdict.questions[0].values[0].correct);
}

TEST(GradeAnswer, NanIsAWrongValueLikeAnother) {
  const auto compiled = Compile(HomeworkExercise());
  const Verdict verdict =
      GradeAnswer(*compiled, {std::vector<double>(6, kNan), {{1, -1, 0, 1, -1}}});
  EXPECT_EQ(verdict.questions[0].correct_count, 0);
  EXPECT_EQ(verdict.points, 1);
}

TEST(GradeAnswer, CarriedErrorsCountForCreditCarriedOnly) {
  // The student's h_3 is wrong, and h_4 follows from it: tanh(50 + 100 * 1) is 1.
  const Answer answer = {{{0, 0, 1, 1, -1, 0}}, {{1, -1, 0, 1, -1}}};
  for (const bool carried : {false, true}) {
    Exercise exercise = HomeworkExercise();
    if (carried) exercise.questions[0].credit = Credit::kCarried;
    const auto compiled = Compile(exercise);
    const Verdict verdict = GradeAnswer(*compiled, answer);
    EXPECT_EQ(verdict.questions[0].correct_count, 4);
    EXPECT_DOUBLE_EQ(verdict.questions[0].points, carried ? 5.0 / 6 : 4.0 / 6);
    EXPECT_EQ(verdict.questions[0].values[4].correct_if_carried, carried);
    EXPECT_EQ(verdict.questions[0].values[0].correct_if_carried, carried);
  }
}

TEST(GradeAnswer, QuestionsOfNoPointsAreGradedToo) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].points = 0;
  const auto compiled = Compile(exercise);
  EXPECT_EQ(GradeAnswer(*compiled, RightAnswer(*compiled)).points, 1);
}

}  // namespace
}  // namespace cellar
