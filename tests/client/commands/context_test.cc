#include "client/commands/context.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cellar/v1/session.pb.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

TEST(ContextTest, AFailedCommandPrintsItsErrorAndSetsTheCode) {
  std::ostringstream out;
  std::ostringstream err;
  Context context(out, err);
  CLI::App app;
  CLI::App& command = context.AddCommand(app, "fail", "fails", "cellar fail");
  context.OnRun(command, [] { return absl::InvalidArgumentError("no good"); });
  app.parse("fail");
  EXPECT_EQ(context.exit_code(), kExitUsage);
  EXPECT_EQ(err.str(), "error: no good\n");
}

TEST(ContextTest, TheServerComesFromTheOptionBeforeTheEnvironment) {
  std::ostringstream out;
  Context context(out, out);
  CLI::App app;
  context.AddOptions(app);
  setenv("CELLAR_SERVER", "nonsense", 1);
  app.parse("");
  EXPECT_THAT(std::string(context.Connect().status().message()), HasSubstr("\"nonsense\""));
  app.parse("--server 127.0.0.1:1 --timeout 0");
  const auto connection = context.Connect();
  unsetenv("CELLAR_SERVER");
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_EQ((*connection)->options().address, "127.0.0.1:1");
  EXPECT_EQ((*connection)->options().call_timeout, absl::InfiniteDuration());
}

TEST(MessageJsonTest, ShowsFieldsThatAreZero) {
  EXPECT_THAT(MessageJson(v1::Session()), HasSubstr("\"nextStep\": \"0\""));
}

}  // namespace
}  // namespace cellar
