#include <string>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SessionFlagsTest : public ProgramTest {};

TEST_F(SessionFlagsTest, WhatCannotBeReadNamesTheFlag) {
  const std::string create = "session create --file " + Example("homework.textproto");
  Run(create + " --ttl soon");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("--ttl: \"soon\" is not a duration"));
  Run(create + " --label a");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("--label: \"a\" is not of the form KEY=VALUE"));
  MustRun(create + " --ttl 90");
}

TEST_F(SessionFlagsTest, AStepThatCannotBeIsNotTakenForAnother) {
  const std::string huge = " 99999999999999999999";
  for (const std::string& command :
       {"rewind mine" + huge, "fork mine --step" + huge, "set mine --state x --next-step" + huge,
        "step mine 1 --index" + huge, "stream mine --from" + huge,
        "create --model m --replay-window" + huge}) {
    Run("session " + command);
    EXPECT_EQ(code(), 2) << command;
    EXPECT_THAT(error(), HasSubstr("\"99999999999999999999\" is not a whole number")) << command;
  }
}

TEST_F(SessionFlagsTest, WhatTheServerDoesNotAllowIsItsToRefuse) {
  Run("session create --file " + Example("homework.textproto") + " --replay-window 5000 --ttl -5s");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), AllOf(HasSubstr("--replay-window: is 5000"), HasSubstr("--ttl: is -5s")));
  Run("session create --file " + Example("homework.textproto") + " --durability every-step");
  EXPECT_THAT(error(), HasSubstr("DURABILITY_UNAVAILABLE"));
}

}  // namespace
}  // namespace cellar
