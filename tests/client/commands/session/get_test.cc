#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SessionGetTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionGetTest, ShowsTheSessionAndItsState) {
  MakeSession();
  MustRun("session step mine 1");
  EXPECT_THAT(MustRun("session get sessions/mine --state"),
              AllOf(HasSubstr("sessions/mine\n"), HasSubstr("expires"), HasSubstr("h  0.7616\n")));
  EXPECT_THAT(MustRun("session get mine --state --full"), HasSubstr("h  0.7615942\n"));
  EXPECT_THAT(MustRun("session get mine --json"), HasSubstr("\"nextStep\": \"1\""));
}

TEST_F(SessionGetTest, AMissingSessionIsRefused) {
  Run("session get nothing");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("(NOT_FOUND / SESSION_NOT_FOUND)"));
}

}  // namespace
}  // namespace cellar
