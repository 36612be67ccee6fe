#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class SessionDeleteTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionDeleteTest, ADeletedSessionIsRemembered) {
  MakeSession();
  EXPECT_EQ(MustRun("session delete mine"), "deleted sessions/mine\n");
  Run("session get mine");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("(NOT_FOUND / SESSION_DELETED)"));
}

}  // namespace
}  // namespace cellar
