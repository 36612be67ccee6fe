#include "server/grading/submission_reader.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

const auto kFirst = Optional(ElementsAre(0, 0, 1, -1, 1, 0));
const auto kSecond = Optional(ElementsAre(1, -1, 0, 1, -1));

TEST(ReadText, TakesTheQuestionsOneAfterAnother) {
  const ReadAnswer read =
      ReadText(HomeworkExercise(), "[0, 0, 1, \u22121, 1, -0]\n[1, -1, 0, 1, -1]");
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(kFirst, kSecond));
}

TEST(ReadText, TellsAWrongCountAndAnUnreadablePlace) {
  EXPECT_EQ(ReadText(HomeworkExercise(), "").problems[0].reason,
            "there are 0 values in the answer; wanted are 11 (6 for question 1, 5 for question 2)");
  const ReadProblems problems = ReadText(HomeworkExercise(), "[0, 0, 1, -1").problems;
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].line, 1);
  EXPECT_EQ(problems[0].column, 1);
}

TEST(ReadTexts, GoByTheQuestionsIds) {
  const ReadAnswer read =
      ReadTexts(HomeworkExercise(), {{"2", "1 -1 0 1 -1"}, {"1", "(0,0,1,-1,1,0)"}});
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(kFirst, kSecond));
}

TEST(ReadTexts, AQuestionWithoutTextHasNoAnswer) {
  const ReadAnswer read = ReadTexts(HomeworkExercise(), {{"1", "0,0,1,-1,1,0"}, {"2", " \n"}});
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(kFirst, std::nullopt));
  EXPECT_THAT(ReadTexts(HomeworkExercise(), {}).answer, ElementsAre(std::nullopt, std::nullopt));
}

TEST(ReadTexts, TellTheQuestionOfEveryProblem) {
  const ReadProblems problems =
      ReadTexts(HomeworkExercise(), {{"1", "0,0"}, {"2", "1 x"}, {"three", "1"}}).problems;
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[0], (ReadProblem{.question = "1",
                                      .reason = "there are 2 values in the answer; wanted are 6"}));
  EXPECT_EQ(problems[1].question, "2");
  EXPECT_EQ(problems[1].column, 3);
  EXPECT_EQ(problems[2],
            (ReadProblem{.question = "three", .reason = "the exercise has no such question"}));
}

}  // namespace
}  // namespace cellar
