#include <fstream>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ModelGetTest : public ProgramTest {};

TEST_F(ModelGetTest, ShowsWhatAModelIs) {
  MustRun("model create " + Example("homework.textproto") + " --id a");
  EXPECT_THAT(MustRun("model get a"), AllOf(HasSubstr("models/a\n"), HasSubstr("homework LSTM\n")));
  EXPECT_EQ(MustRun("model get models/a"), MustRun("model get a"));
}

TEST_F(ModelGetTest, TheWeightsAreAFileThatMakesTheSameModel) {
  MustRun("model create " + Example("stacked_lstm.json") + " --id a");
  const std::string path = Scratch("copy.textproto");
  std::ofstream(path) << MustRun("model get a --weights");
  EXPECT_EQ(MustRun("model create " + path),
            MustRun("model create " + Example("stacked_lstm.json")));
}

TEST_F(ModelGetTest, AMissingModelIsRefused) {
  Run("model get nothing");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("(NOT_FOUND / MODEL_NOT_FOUND)"));
}

}  // namespace
}  // namespace cellar
