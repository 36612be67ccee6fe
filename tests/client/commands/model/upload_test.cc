#include <fstream>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class ModelUploadTest : public ProgramTest {};

TEST_F(ModelUploadTest, GivesTheSameModelAsCreate) {
  const std::string name = MustRun("model create " + Example("stacked_lstm.json"));
  EXPECT_EQ(MustRun("model upload " + Example("stacked_lstm.json")), name);
}

TEST_F(ModelUploadTest, AFileThatIsNoModelIsRefusedByTheServer) {
  const std::string path = Scratch("broken.binpb");
  std::ofstream(path) << "\xff\xff no model";
  Run("model upload " + path);
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("INVALID_ARGUMENT"));
}

}  // namespace
}  // namespace cellar
