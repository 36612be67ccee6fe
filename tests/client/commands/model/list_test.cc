#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ModelListTest : public ProgramTest {};

TEST_F(ModelListTest, ShowsEveryModel) {
  MustRun("model create " + Example("homework.textproto") + " --id a");
  MustRun("model create " + Example("stacked_lstm.json") + " --id b");
  EXPECT_THAT(MustRun("model list"),
              AllOf(HasSubstr("models/a  LSTM 1 -> 1"), HasSubstr("models/b  LSTM 1 -> 2 -> 1")));
  EXPECT_THAT(MustRun("model list --json"), HasSubstr("\"name\": \"models/b\""));
}

}  // namespace
}  // namespace cellar
