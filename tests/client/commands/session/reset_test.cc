#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class SessionResetTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionResetTest, GoesBackToStepZero) {
  MakeSession();
  MustRun("session step mine 1 1");
  EXPECT_THAT(MustRun("session reset mine"), HasSubstr("next step      0\n"));
}

}  // namespace
}  // namespace cellar
