#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

class ExerciseGroupTest : public ProgramTest {};

TEST_F(ExerciseGroupTest, NeedsACommandAndListsThem) {
  Run("exercise");
  EXPECT_EQ(code(), 2);
  for (const char* command : {"check", "show", "create", "get", "list", "delete"}) {
    EXPECT_THAT(MustRun("exercise --help"), ::testing::HasSubstr(command));
    EXPECT_THAT(MustRun(std::string("exercise ") + command + " --help"),
                ::testing::HasSubstr("Example:\n  cellar exercise"));
  }
}

}  // namespace
}  // namespace cellar
