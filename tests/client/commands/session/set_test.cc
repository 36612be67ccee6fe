#include <fstream>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SessionSetTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionSetTest, ReplacesTheState) {
  MakeSession();
  const std::string path = Scratch("state.json");
  std::ofstream(path) << R"({"layers": [{"h": {"values": [1]}, "c": {"values": [0.5]}}]})";
  EXPECT_THAT(MustRun("session set mine --state " + path + " --next-step 4"),
              HasSubstr("next step      4\n"));
  EXPECT_THAT(MustRun("session get mine --state"),
              AllOf(HasSubstr("h  1\n"), HasSubstr("c  0.5\n")));
}

TEST_F(SessionSetTest, AStateThatCannotBeReadIsToldWithItsPlace) {
  const std::string path = Scratch("state.json");
  std::ofstream(path) << "{\n  \"layer\": []}";
  Run("session set mine --state " + path);
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr(path + ":2:3: State has no field \"layer\""));
}

}  // namespace
}  // namespace cellar
