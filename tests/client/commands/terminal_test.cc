#include "client/commands/terminal.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace cellar {
namespace {

TEST(TerminalTest, AFileIsNoTerminal) {
  ASSERT_NE(std::freopen("/dev/null", "r", stdin), nullptr);
  EXPECT_FALSE(InputIsTerminal());
}

TEST(TerminalTest, WithoutATerminalThereIsNeitherWidthNorColour) {
  if (OutputIsTerminal()) GTEST_SKIP() << "the output is a terminal";
  EXPECT_EQ(OutputWidth(), 0);
  EXPECT_FALSE(UseColours());
}

TEST(TerminalTest, NoColourIsObeyed) {
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(UseColours());
}

}  // namespace
}  // namespace cellar
