#include "client/commands/session/input_line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// What is wrong with a line that comes after another.
std::string LineProblem(absl::string_view line) {
  InputLineReader reader;
  EXPECT_TRUE(reader.Read("1").ok());
  return std::string(reader.Read(line).status().message());
}

TEST(InputLineReader, NumbersMayBeWrittenAsProgramsWriteThem) {
  for (const char* line :
       {"0.5 -1", "0.5,-1", "[0.5, -1]", "0.5;-1\r", "\"0.5\",\"-1\"", "0.5\t-1  # off",
        "\xEF\xBB\xBF"
        "0.5 -1",
        "0.5 -1 #"}) {
    InputLineReader reader;
    const auto read = reader.Read(line);
    ASSERT_TRUE(read.ok()) << line << read.status();
    EXPECT_EQ(read->kind, InputLine::Kind::kNumbers) << line;
    EXPECT_THAT(read->numbers, ElementsAre(0.5, -1)) << line;
  }
}

TEST(InputLineReader, EmptyLinesAndCommentsAreNothing) {
  InputLineReader reader;
  for (const char* line : {"", " \t\r", "# h, c", "#", "  ## 1", "\xEF\xBB\xBF"}) {
    const auto read = reader.Read(line);
    ASSERT_TRUE(read.ok()) << line << read.status();
    EXPECT_EQ(read->kind, InputLine::Kind::kNothing) << line;
  }
  EXPECT_EQ(reader.line_number(), 6);
}

TEST(InputLineReader, NamesAreAHeaderOnTheFirstLineOnly) {
  InputLineReader reader;
  ASSERT_TRUE(reader.Read("# mine").ok());
  EXPECT_EQ(reader.Read("x1, \"x 2\"; _x").value().kind, InputLine::Kind::kHeader);
  EXPECT_THAT(std::string(reader.Read("x1").status().message()), HasSubstr("\"x1\" is not"));
  for (const char* line : {"1 x", "x,1", "inf 1",
                           "\xE2\x80\x93"
                           "1",
                           "1e", "-", "nan"}) {
    InputLineReader other;
    const auto read = other.Read(line);
    EXPECT_TRUE(!read.ok() || read->kind == InputLine::Kind::kNumbers)
        << line << " would make no step";
  }
}

TEST(InputLineReader, WhatSpreadsheetsWriteForNoNumberIsNoComment) {
  EXPECT_THAT(LineProblem("#REF!"), HasSubstr("\"#REF!\" is not a number"));
  EXPECT_THAT(LineProblem("1,#DIV/0!,2"), HasSubstr("\"#DIV/0!\" is not a number"));
  EXPECT_THAT(LineProblem("1 #N/A # gone"), HasSubstr("\"#N/A\" is not a number"));
}

TEST(InputLineReader, ACommaInQuotesIsNoSeparator) {
  EXPECT_EQ(LineProblem("\"0,5\""), "there is a comma in quotes; write decimals with a point: 0.5");
}

TEST(InputLineReader, ACommaSeparatesWhereOnlySoTheStepsAreWhole) {
  EXPECT_THAT(LineProblem("0,5"), HasSubstr("\"0,5\" may be one number or two"));
  EXPECT_THAT(InputLineReader(2).Read("0,5").value().numbers, ElementsAre(0, 5));
  EXPECT_FALSE(InputLineReader(1).Read("0,5").ok());
}

}  // namespace
}  // namespace cellar
