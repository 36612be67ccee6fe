#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

class HealthCommandTest : public ProgramTest {};

TEST_F(HealthCommandTest, AServingServerGivesZero) {
  EXPECT_EQ(MustRun("health"), "SERVING\n");
  EXPECT_EQ(MustRun("health --service cellar.v1.SessionService"), "SERVING\n");
}

TEST_F(HealthCommandTest, AnUnknownServiceIsRefused) {
  Run("health --service nothing");
  EXPECT_EQ(code(), 3);
  EXPECT_THAT(error(), ::testing::HasSubstr("the server has no service `nothing`"));
}

TEST_F(HealthCommandTest, NobodyThereGivesFour) {
  StopServer();
  Run("health --timeout 5");
  EXPECT_EQ(code(), 4);
  EXPECT_THAT(error(), ::testing::HasSubstr("no server answers at 127.0.0.1:"));
}

}  // namespace
}  // namespace cellar
