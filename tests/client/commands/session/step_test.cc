#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class SessionStepTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionStepTest, PrintsTheStepsMade) {
  MakeSession();
  EXPECT_EQ(MustRun("session step mine 1 1 --view state"),
            " t   x        c        h\n"
            " 0   1        1   0.7616\n"
            " 1   1       -1  -0.7616\n");
  EXPECT_EQ(MustRun("session step mine 0 --view output --csv"), "t,x,h\n2,0,0.3807971\n");
}

TEST_F(SessionStepTest, AnIndexMakesRepeatingHarmless) {
  MakeSession();
  const std::string first = MustRun("session step mine 1 --index 0");
  EXPECT_EQ(MustRun("session step mine 1 --index 0"), first);
  EXPECT_THAT(MustRun("session get mine"), HasSubstr("next step      1\n"));
  Run("session step mine 0 --index 0");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("STEP_CONFLICT"));
}

TEST_F(SessionStepTest, OnlyTheLastStepIsShownIfAsked) {
  MakeSession();
  EXPECT_EQ(MustRun("session step mine 0 0 1 --last --view output --csv"),
            "t,x,h\n2,1,0.7615942\n");
}

TEST_F(SessionStepTest, WhatIsNoNumberIsQuoted) {
  MakeSession();
  Run("session step mine 0 one");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("\"one\" is not a number"));
}

}  // namespace
}  // namespace cellar
