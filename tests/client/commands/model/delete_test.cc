#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class ModelDeleteTest : public ProgramTest {};

TEST_F(ModelDeleteTest, DeletesOnlyWhatIsNotInUse) {
  MustRun("model create " + Example("homework.textproto") + " --id a");
  MustRun("session create --model a --id mine");
  Run("model delete a");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("MODEL_IN_USE"));
  MustRun("session delete mine");
  EXPECT_EQ(MustRun("model delete a"), "deleted models/a\n");
  Run("model delete a");
  EXPECT_EQ(code(), 3);
}

}  // namespace
}  // namespace cellar
