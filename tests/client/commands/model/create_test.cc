#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ModelCreateTest : public ProgramTest {};

TEST_F(ModelCreateTest, PrintsTheNameAndMayBeRepeated) {
  const std::string name = MustRun("model create " + Example("homework.textproto"));
  EXPECT_THAT(name, ::testing::MatchesRegex("models/[a-z0-9-]+\n"));
  EXPECT_EQ(MustRun("model create " + Example("homework.textproto")), name);
  EXPECT_EQ(MustRun("model create " + Example("gru.textproto") + " --id gru"), "models/gru\n");
}

TEST_F(ModelCreateTest, AnIdThatIsTakenIsRefused) {
  MustRun("model create " + Example("homework.textproto") + " --id a");
  Run("model create " + Example("gru.textproto") + " --id a");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("(ALREADY_EXISTS / MODEL_EXISTS)"));
}

TEST_F(ModelCreateTest, JsonHasTheDigest) {
  EXPECT_THAT(MustRun("model create --json " + Example("homework.textproto")),
              AllOf(HasSubstr("\"digest\": \""), HasSubstr("\"parameterCount\": \"12\"")));
}

}  // namespace
}  // namespace cellar
