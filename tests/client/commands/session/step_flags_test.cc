#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class StepFlagsTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(StepFlagsTest, TheViewDecidesTheColumns) {
  MakeSession();
  EXPECT_THAT(MustRun("session step mine 1 --csv"), HasSubstr("t,x,f,i,o,g,c,h\n"));
  EXPECT_THAT(MustRun("session step mine 1 --csv --view state"), HasSubstr("t,x,c,h\n"));
  EXPECT_THAT(MustRun("session step mine 1 --csv --view output"), HasSubstr("t,x,h\n"));
  Run("session step mine 1 --view everything");
  EXPECT_EQ(code(), 2);
}

}  // namespace
}  // namespace cellar
