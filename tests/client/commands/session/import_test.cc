#include <fstream>

#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class SessionImportTest : public ProgramTest {};

TEST_F(SessionImportTest, TheExportedSessionComesBack) {
  MustRun("model create " + Example("homework.textproto") + " --id a");
  MustRun("session create --model a --id mine");
  MustRun("session step mine 1 1");
  const std::string path = Scratch("snapshot");
  MustRun("session export mine --out " + path);
  EXPECT_EQ(MustRun("session import " + path + " --model a --id again"), "sessions/again\n");
  EXPECT_EQ(MustRun("session step again 1 --json"), MustRun("session step mine 1 --json"));
}

TEST_F(SessionImportTest, ADamagedFileIsRefused) {
  MustRun("model create " + Example("homework.textproto") + " --id a");
  const std::string path = Scratch("snapshot");
  std::ofstream(path) << "no snapshot";
  Run("session import " + path + " --model a");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), HasSubstr("(DATA_LOSS / SNAPSHOT_CORRUPT)"));
}

}  // namespace
}  // namespace cellar
