#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SessionGroupTest : public ProgramTest {};

TEST_F(SessionGroupTest, ListsItsCommands) {
  EXPECT_THAT(MustRun("session --help"),
              AllOf(HasSubstr("  create "), HasSubstr("  step "), HasSubstr("  stream "),
                    HasSubstr("  rewind "), HasSubstr("  export "), HasSubstr("  import ")));
}

}  // namespace
}  // namespace cellar
