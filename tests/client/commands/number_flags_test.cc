#include "client/commands/number_flags.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

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
  for (const char* huge : {"2147483648", "4294967297", "9223372036854775808", "1e99"}) {
    EXPECT_THROW(app.parse(std::string("--elements ") + huge), CLI::ParseError) << huge;
    EXPECT_THROW(app.parse(std::string("--digits ") + huge), CLI::ParseError) << huge;
  }
}

TEST(NumberFlagsTest, AWholeNumberIsDecimalAndFits) {
  int64_t number = 0;
  CLI::App app;
  app.add_option("--number", number)->transform(WholeNumber());
  const auto parse = [&](const std::string& text) {
    app.parse("--number=" + text);
    return number;
  };
  EXPECT_EQ(parse("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(parse("-9223372036854775808"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(parse("010"), 10);
  for (const char* text : {"9223372036854775808", "-9223372036854775809", "99999999999999999999",
                           "0x10", "1.0", "1e3", "1k", "+-1", "two"}) {
    EXPECT_THROW(parse(text), CLI::ParseError) << text;
  }
}

}  // namespace
}  // namespace cellar
