#include "server/grading/answer_table.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Optional;
using ::testing::SizeIs;

TEST(QuantityOfLetter, KnowsTheLettersOfRun) {
  EXPECT_EQ(QuantityOfLetter("h"), Quantity::kH);
  EXPECT_EQ(QuantityOfLetter("c"), Quantity::kC);
  EXPECT_EQ(QuantityOfLetter("f"), Quantity::kForgetGate);
  EXPECT_EQ(QuantityOfLetter("i"), Quantity::kInputGate);
  EXPECT_EQ(QuantityOfLetter("o"), Quantity::kOutputGate);
  EXPECT_EQ(QuantityOfLetter("z"), Quantity::kUpdateGate);
  EXPECT_EQ(QuantityOfLetter("r"), Quantity::kResetGate);
  EXPECT_EQ(QuantityOfLetter("g"), Quantity::kCandidate);
  for (const char* word : {"", "x", "t", "H", "unrounded_h"}) {
    EXPECT_EQ(QuantityOfLetter(word), std::nullopt) << word;
  }
}

TEST(AnswerTable, SortsValuesToWhoeverAsks) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].steps = {1, 3};
  Ask(exercise, Quantity::kH, 0).steps = {3};
  Ask(exercise, Quantity::kC, 0);
  AnswerTable table(exercise);
  for (int64_t step = 5; step >= 0; --step) {
    table.Put({.step = step}, static_cast<double>(10 * step));
  }
  table.Put({.layer = 7}, 1);  // nobody asks
  table.Put({.step = -1}, 1);
  const ReadAnswer read = table.Take();
  EXPECT_THAT(read.problems, IsEmpty());
  EXPECT_THAT(read.answer, ElementsAre(Optional(ElementsAre(10, 30)), std::nullopt,
                                       Optional(ElementsAre(30)), std::nullopt));
}

TEST(AnswerTable, APartOfAQuestionIsAProblem) {
  const Exercise exercise = HomeworkExercise();
  AnswerTable table(exercise);
  for (const int64_t step : {0, 1, 3}) table.Put({.step = step}, 0);
  const ReadProblems problems = table.Take().problems;
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].question, "1");
  EXPECT_EQ(problems[0].reason,
            "step 2, element 0 (both from 0) is missing: 3 of the 6 values asked for are there");
}

TEST(AnswerTable, NothingAtAllIsAProblem) {
  const Exercise exercise = HomeworkExercise();
  EXPECT_EQ(AnswerTable(exercise).Take().problems[0].reason,
            "there is no value in it that is asked for");
}

}  // namespace
}  // namespace cellar
