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

TEST_F(SessionFlagsTest, WhatTheServerDoesNotAllowIsItsToRefuse) {
  Run("session create --file " + Example("homework.textproto") + " --replay-window 5000 --ttl -5s");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), AllOf(HasSubstr("session.replay_window"), HasSubstr("session.ttl")));
  Run("session create --file " + Example("homework.textproto") + " --durability every-step");
  EXPECT_THAT(error(), HasSubstr("DURABILITY_UNAVAILABLE"));
}

}  // namespace
}  // namespace cellar
