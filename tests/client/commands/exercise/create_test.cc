#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

class ExerciseCreateTest : public ProgramTest {};

TEST_F(ExerciseCreateTest, PrintsTheNameAndMayBeRepeated) {
  const std::string command = "exercise create " + Example("grading/homework.textproto");
  EXPECT_EQ(MustRun(command + " --id hw"), "exercises/hw\n");
  EXPECT_EQ(MustRun(command + " --id hw"), "exercises/hw\n");
  const std::string made = MustRun(command);
  EXPECT_THAT(made, ::testing::StartsWith("exercises/"));
  EXPECT_EQ(MustRun(command), made);
}

TEST_F(ExerciseCreateTest, AnotherExerciseUnderTheIdIsRefused) {
  MustRun("exercise create " + Example("grading/homework.textproto") + " --id hw");
  Run("exercise create " + Example("grading/varied.textproto") + " --id hw");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), ::testing::HasSubstr("EXERCISE_EXISTS"));
}

}  // namespace
}  // namespace cellar
