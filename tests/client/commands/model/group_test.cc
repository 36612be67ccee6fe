#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ModelGroupTest : public ProgramTest {};

TEST_F(ModelGroupTest, ListsItsCommands) {
  EXPECT_THAT(MustRun("model --help"),
              AllOf(HasSubstr("  create "), HasSubstr("  upload "), HasSubstr("  list "),
                    HasSubstr("  get "), HasSubstr("  delete ")));
}

}  // namespace
}  // namespace cellar
