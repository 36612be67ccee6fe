#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ReplCommandTest : public ProgramTest {};

TEST_F(ReplCommandTest, AScriptIsRunAndLeavesNothingBehind) {
  const std::string out =
      RunWithInput("repl " + Example("homework.textproto"), "0 0 1\n:undo\n1\n");
  EXPECT_EQ(code(), 0) << error();
  EXPECT_THAT(out, HasSubstr("back before step 2\n"));
  EXPECT_THAT(out, HasSubstr("0.7616\n"));
  EXPECT_THAT(MustRun("session list"), Not(HasSubstr("sessions/")));
  EXPECT_THAT(MustRun("model list"), Not(HasSubstr("models/")));
}

TEST_F(ReplCommandTest, AScriptEndsAtItsFirstErrorAndTellsTheLine) {
  const std::string out = RunWithInput("repl " + Example("homework.textproto"), "1\nx\n1\n");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("line 2 of the input"));
  EXPECT_THAT(out, Not(HasSubstr("-0.7616"))) << "the third line was not run";
}

TEST_F(ReplCommandTest, GoesOnInASessionThatExistsAndKeepsIt) {
  MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  MustRun("session step mine 1");
  EXPECT_THAT(RunWithInput("repl --session mine", "1\n"), HasSubstr("-0.7616"));
  EXPECT_EQ(code(), 0) << error();
  EXPECT_THAT(MustRun("session get mine"), HasSubstr("next step      2\n"));
}

TEST_F(ReplCommandTest, MakesASessionOfAModel) {
  MustRun("model create " + Example("homework.textproto") + " --id m");
  EXPECT_THAT(RunWithInput("repl --model m --activation saturating", "0\n"), HasSubstr("0.5"));
  EXPECT_THAT(MustRun("model list"), HasSubstr("models/m"));
  EXPECT_THAT(MustRun("session list"), Not(HasSubstr("sessions/")));
}

TEST_F(ReplCommandTest, WantsExactlyOnePlaceToStart) {
  Run("repl");
  EXPECT_EQ(code(), 2);
  Run("repl a --model b");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("one of FILE, --session NAME and --model NAME"));
}

}  // namespace
}  // namespace cellar
