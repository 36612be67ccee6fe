#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SessionForkTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionForkTest, TheForkGoesOnFromTheStepAskedFor) {
  MakeSession();
  MustRun("session step mine 1");
  MustRun("session step mine 1");
  EXPECT_EQ(MustRun("session fork mine --id other --step 1 --label a=b"), "sessions/other\n");
  EXPECT_THAT(MustRun("session get other"),
              AllOf(HasSubstr("next step      1\n"), HasSubstr("a=b")));
  EXPECT_THAT(MustRun("session get mine"), HasSubstr("next step      2\n"));
}

}  // namespace
}  // namespace cellar
