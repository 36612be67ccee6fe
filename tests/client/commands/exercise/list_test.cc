#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class ExerciseListTest : public ProgramTest {};

TEST_F(ExerciseListTest, ListsThemByName) {
  EXPECT_THAT(MustRun("exercise list"), HasSubstr("NAME  TITLE"));
  MustRun("exercise create " + Example("grading/varied.textproto") + " --id b");
  MustRun("exercise create " + Example("grading/homework.textproto") + " --id a");
  const std::string list = MustRun("exercise list");
  EXPECT_LT(list.find("exercises/a  LSTM states"), list.find("exercises/b  LSTM by hand"));
  EXPECT_THAT(MustRun("exercise list --json"), HasSubstr("\"name\": \"exercises/a\""));
}

}  // namespace
}  // namespace cellar
