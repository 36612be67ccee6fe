#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

class VersionCommandTest : public ProgramTest {};

TEST_F(VersionCommandTest, TellsVersionAndApi) {
  EXPECT_THAT(MustRun("version"), ::testing::MatchesRegex("cellar [0-9.]+ .API cellar.v1, .*\n"));
}

}  // namespace
}  // namespace cellar
