#include <fstream>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SessionCreateTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionCreateTest, PrintsTheNameOfTheNewSession) {
  MakeSession();
  MustRun("model create " + Example("homework.textproto") + " --id a");
  EXPECT_THAT(MustRun("session create --model a"),
              ::testing::MatchesRegex("sessions/[a-z0-9-]+\n"));
}

TEST_F(SessionCreateTest, OptionsReachTheSession) {
  MustRun("session create --file " + Example("homework_course_rules.textproto") +
          " --id mine --ttl 1h --label a=1 --label b=2 --replay-window 3 --precision float64");
  const std::string text = MustRun("session get mine");
  EXPECT_THAT(text, HasSubstr("float64, saturating activations, h rounded"));
  EXPECT_THAT(text, HasSubstr("a=1, b=2"));
  EXPECT_THAT(text, HasSubstr("3 requests"));
}

TEST_F(SessionCreateTest, StartsFromAState) {
  const std::string path = Scratch("state.textproto");
  std::ofstream(path) << "layers { h { values: 1 } c { values: 0.25 } }";
  MustRun("session create --file " + Example("homework.textproto") + " --id mine --initial-state " +
          path);
  EXPECT_THAT(MustRun("session get mine --state"),
              AllOf(HasSubstr("h  1\n"), HasSubstr("c  0.25\n")));
}

TEST_F(SessionCreateTest, WantsAModelOrAFile) {
  Run("session create");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("either --model NAME or --file FILE"));
}

}  // namespace
}  // namespace cellar
