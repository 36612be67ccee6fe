#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SessionListTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionListTest, ShowsEverySession) {
  MakeSession();
  MustRun("session create --file " + Example("gru.textproto") + " --id other");
  EXPECT_THAT(MustRun("session list"),
              AllOf(HasSubstr("sessions/mine"), HasSubstr("sessions/other")));
  EXPECT_THAT(MustRun("session list --json"), HasSubstr("\"name\": \"sessions/other\""));
}

}  // namespace
}  // namespace cellar
