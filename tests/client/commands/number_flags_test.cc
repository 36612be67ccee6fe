#include "client/commands/number_flags.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(NumberFlagsTest, ProgramsGetAllDigitsAndPeopleFour) {
  NumberFlags flags;
  CLI::App app;
  AddTableFlags(app, flags);
  app.parse("");
  EXPECT_EQ(FormatFor(flags, v1::PRECISION_FLOAT32).digits, 4);
  app.parse("--digits 9");
  EXPECT_EQ(FormatFor(flags, v1::PRECISION_FLOAT64).digits, 9);
  EXPECT_EQ(FormatFor(flags, v1::PRECISION_FLOAT64).precision, v1::PRECISION_FLOAT64);
  app.parse("--json");
  EXPECT_EQ(FormatFor(flags, v1::PRECISION_FLOAT32).digits, 0);
}

TEST(NumberFlagsTest, RefusesWhatMakesNoSense) {
  NumberFlags flags;
  CLI::App app;
  AddTableFlags(app, flags);
  EXPECT_THROW(app.parse("--digits 18"), CLI::ParseError);
  EXPECT_THROW(app.parse("--digits 0"), CLI::ParseError);
  EXPECT_THROW(app.parse("--elements -1"), CLI::ParseError);
  EXPECT_THROW(app.parse("--json --csv"), CLI::ParseError);
}

}  // namespace
}  // namespace cellar
