#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class SessionExportTest : public ProgramTest {
 protected:
  // A session called "mine" on the homework's LSTM.
  void MakeSession() {
    MustRun("session create --file " + Example("homework.textproto") + " --id mine");
  }
};

TEST_F(SessionExportTest, WritesAFile) {
  MakeSession();
  MustRun("session step mine 1 1");
  const std::string path = Scratch("snapshot");
  EXPECT_THAT(MustRun("session export mine --out " + path),
              HasSubstr("wrote sessions/mine at step 2 to " + path));
  Run("session export mine --out /no/such/folder/file");
  EXPECT_EQ(code(), 2);
  EXPECT_THAT(error(), HasSubstr("cannot write /no/such/folder/file"));
}

}  // namespace
}  // namespace cellar
