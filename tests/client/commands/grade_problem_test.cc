#include "client/commands/grade_problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "client/message_file.h"
#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class GradeProblemTest : public ProgramTest {
 protected:
  static std::string Homework() { return Example("grading/homework.textproto"); }
  std::string Problem(const std::string& arguments) {
    return MustRun("grade " + arguments + " --format edx-customresponse");
  }
};

TEST_F(GradeProblemTest, KnowsWhatMistakesLeadTo) {
  EXPECT_THAT(Problem(Homework()), AllOf(HasSubstr("the unrounded h is fed back"),
                                         HasSubstr("0.5 is rounded away from zero")));
}

TEST_F(GradeProblemTest, KnowsWhatWasHandedIn) {
  const std::string answer = Scratch("handed_in.txt");
  std::ofstream(answer) << "0 0 .76 -.76 .76 -.38; 1 -1 0 1 -1";  // not rounded: exact functions
  const std::string mark = "(0.76, 0.76, None)";
  EXPECT_THAT(Problem(Homework() + " " + answer), HasSubstr(mark));
  EXPECT_THAT(Problem(Homework()), Not(HasSubstr(mark)));
}

TEST_F(GradeProblemTest, KnowsNothingBelowTheLevelOfDiagnosis) {
  EXPECT_THAT(Problem(Homework() + " --feedback steps"), Not(HasSubstr("consistent with")));
}

TEST_F(GradeProblemTest, IsDrawnBySeed) {
  const std::string exercise = Scratch("per_value.textproto");
  std::string text = *ReadFile(Example("grading/varied.textproto"));
  text.replace(text.find("CREDIT_CARRIED"), 14, "CREDIT_PER_VALUE");
  std::ofstream(exercise) << text;
  EXPECT_NE(Problem(exercise + " --seed alice"), Problem(exercise + " --seed bob"));
  EXPECT_THAT(Problem(exercise + " --seed alice"), HasSubstr("consistent with"));
}

TEST_F(GradeProblemTest, AnExerciseThatCannotBeOneIsBadUsage) {
  Run("grade " + Example("grading/varied.textproto") + " --seed a --format edx-customresponse");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("errors carried forward"));
}

}  // namespace
}  // namespace cellar
