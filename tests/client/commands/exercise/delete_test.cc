#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

class ExerciseDeleteTest : public ProgramTest {};

TEST_F(ExerciseDeleteTest, ItIsGone) {
  MustRun("exercise create " + Example("grading/homework.textproto") + " --id hw");
  EXPECT_EQ(MustRun("exercise delete hw"), "deleted exercises/hw\n");
  Run("exercise delete hw");
  EXPECT_EQ(code(), 3);
}

}  // namespace
}  // namespace cellar
