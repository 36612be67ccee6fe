// The course problem, graded as the course grades it: every answer that was seen, and every short
// input.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/grading/grader.h"
#include "server/grading/submission_reader.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

// What was entered for the two parts, and which values of it are right.
struct Entered {
  const char* first;
  const char* second;
  const char* right;
};

constexpr Entered kEntered[] = {
    {"[0, 0, 1, -1, 1, 0]", "[1, -1, 0, 1, -1]", "111111 11111"},
    {"[0, 0, 1, -1, 1, -0]", "1,-1,0,0,1", "111111 11100"},
    {"0,0,1,-1,1,-1", "1,-1,1,-1,1", "111110 11000"},
    {"0,0,1,-1,1,-1", "1,-1,1,1,-1", "111110 11011"},
    {"0,0,1,1,1,0", "1,1,0,1,1", "111011 10110"},
    {"0,0,1,0,1,0", "1,0,0,1,0", "111011 10110"},
    {"0,0,1,0,1,0", "1,0,0,1,-1", "111011 10111"},
    {"0 0 0 0 0 0", "0 0 0 0 0", "110001 00100"},
    {"0,0,1,-1,1,0", "1,-1,0,-1,1", "111111 11100"},
    {"0,0,\u22121,1,\u22121,0", "\u22121,1,0,\u22121,1", "110001 00100"},
    {"0,0,-1,-1,-1,0", "-1,-1,0,-1,-1", "110101 01101"},
    {"0,0,1,-1,1,0", "-1,1,0,1,-1", "111111 00111"},
    {"0,0,0,1,-1,1", "0,1,-1,0,1", "110000 00000"},
    {"0,0,.76,-.76,.76,-.38", ".76,-.76,.38,.76,-.76", "110000 00000"},
    {"0,0,1,-1,1,-.5", "1,-1,.5,1,-1", "111110 11011"},
};

std::string RightOnes(const Verdict& verdict) {
  std::string right;
  for (const QuestionVerdict& question : verdict.questions) {
    if (!right.empty()) right += ' ';
    for (const ValueVerdict& value : question.values) right += value.correct ? '1' : '0';
  }
  return right;
}

TEST(Homework, EveryAnswerThatWasSeenGetsItsVerdict) {
  const auto compiled = Compile(HomeworkExercise());
  for (const Entered& entered : kEntered) {
    const ReadAnswer read =
        ReadText(compiled->exercise, absl::StrCat(entered.first, "\n", entered.second));
    ASSERT_TRUE(read.problems.empty()) << read.problems[0].reason;
    EXPECT_EQ(RightOnes(GradeAnswer(*compiled, read.answer)), entered.right)
        << entered.first << " / " << entered.second;
  }
}

TEST(Homework, UnroundedAnswersAreRightWhereNothingIsRounded) {
  const auto compiled = Compile(HomeworkExercise(Numerics{}));
  const ReadAnswer read =
      ReadText(compiled->exercise,
               "0, 0, .7616, -.7616, .7616, -.3808; .7616, -.7616, .3808, .7616, -.7616");
  EXPECT_TRUE(GradeAnswer(*compiled, read.answer).AllCorrect());
}

// Rounded h carries the parity of the run of ones, under three rules that differ in c.
TEST(Homework, RoundedHIsTheSameForAllShortInputsUnderThreeRules) {
  std::vector<std::vector<double>> inputs;
  std::vector<double> parities;
  for (int length = 1; length <= 8; ++length) {
    for (int bits = 0; bits < 1 << length; ++bits) {
      std::vector<double> input;
      int run = 0;
      for (int t = 0; t < length; ++t) {
        input.push_back(bits >> t & 1);
        run = input.back() == 1 ? run + 1 : 0;
        parities.push_back(run == 0 ? 0 : (run % 2 == 1 ? 1 : -1));
      }
      inputs.push_back(input);
    }
  }
  ASSERT_EQ(inputs.size(), 510u);
  constexpr Numerics kExactReport = {.rounding = Rounding::kNearestTiesToZero};
  constexpr Numerics kExactFeedback = {.rounding = Rounding::kNearestTiesToZero,
                                       .rounding_scope = RoundingScope::kFeedback};
  for (const Numerics& numerics : {kExactReport, kExactFeedback, kCourseRules}) {
    Exercise exercise = ExerciseOf(HomeworkModel(), numerics, inputs);
    for (size_t s = 0; s < inputs.size(); ++s) Ask(exercise, Quantity::kH, static_cast<int64_t>(s));
    const auto compiled = Compile(exercise);
    size_t next = 0;
    Answer answer;
    for (const std::vector<double>& expected : compiled->expected) {
      answer.emplace_back(
          std::vector<double>(parities.begin() + next, parities.begin() + next + expected.size()));
      next += expected.size();
    }
    EXPECT_TRUE(GradeAnswer(*compiled, answer).AllCorrect());
  }
}

}  // namespace
}  // namespace cellar
