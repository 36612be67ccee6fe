#include "server/grading/value_counts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(DealOut, GivesEachQuestionItsOwn) {
  const ReadAnswer read = DealOut(HomeworkExercise(), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  EXPECT_TRUE(read.problems.empty());
  EXPECT_THAT(read.answer, ElementsAre(Optional(ElementsAre(1, 2, 3, 4, 5, 6)),
                                       Optional(ElementsAre(7, 8, 9, 10, 11))));
}

TEST(DealOut, SaysHowManyAreThereAndWanted) {
  EXPECT_EQ(DealOut(HomeworkExercise(), {1}).problems[0].reason,
            "there is 1 value in the answer; wanted are 11 (6 for question 1, 5 for question 2)");
  Exercise exercise = HomeworkExercise();
  exercise.questions.pop_back();
  EXPECT_EQ(DealOut(exercise, std::vector<double>(7)).problems[0].reason,
            "there are 7 values in the answer; wanted are 6");
  while (exercise.questions.size() < 9) exercise.questions.push_back(exercise.questions[0]);
  EXPECT_EQ(DealOut(exercise, {}).problems[0].reason,
            "there are no values in the answer; wanted are 54")
      << "too many to be listed";
}

TEST(WrongCount, IsOfOneQuestion) {
  EXPECT_EQ(WrongCount(HomeworkExercise().questions[1], 4),
            "there are 4 values in the answer; wanted are 5");
  EXPECT_EQ(WrongCount(HomeworkExercise().questions[1], 1),
            "there is 1 value in the answer; wanted are 5");
}

TEST(FindQuestion, GoesByTheId) {
  const Exercise exercise = HomeworkExercise();
  EXPECT_EQ(FindQuestion(exercise, "2"), &exercise.questions[1]);
  EXPECT_EQ(FindQuestion(exercise, "3"), nullptr);
}

}  // namespace
}  // namespace cellar
