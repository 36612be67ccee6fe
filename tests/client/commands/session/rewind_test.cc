#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class SessionRewindTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionRewindTest, GoesBackToTheStepAskedFor) {
  MakeSession();
  MustRun("session step mine 1 1 1");
  EXPECT_THAT(MustRun("session rewind mine 2"), HasSubstr("next step      2\n"));
  Run("session rewind mine 9");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("STEP_GAP"));
}

}  // namespace
}  // namespace cellar
