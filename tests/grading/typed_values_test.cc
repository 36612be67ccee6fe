#include "server/grading/typed_values.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<double> Values(absl::string_view text, int64_t wanted = 3) {
  const TypedValues read = ReadTypedValues(text, wanted);
  EXPECT_THAT(read.problems, IsEmpty())
      << text << ": " << (read.problems.empty() ? "" : read.problems[0].reason);
  return read.values;
}

// "line:column reason" of the first problem.
std::string TypingProblem(absl::string_view text, int64_t wanted = 3) {
  const TypedValues read = ReadTypedValues(text, wanted);
  if (read.problems.empty()) return "no problem";
  return absl::StrCat(read.problems[0].line, ":", read.problems[0].column, " ",
                      read.problems[0].reason);
}

TEST(TypedValues, AnyBracketsOrNone) {
  for (const char* text :
       {"1, -1, 0", "[1, -1, 0]", "(1,-1,0)", "{1, -1, 0}", "<1 -1 0>", "[[1], [-1], [0]]",
        "[1][-1][0]", "([1 -1] 0)", "\uFF3B1\uFF0C-1\uFF0C0\uFF3D", "\u27E81, -1, 0\u27E9"}) {
    EXPECT_THAT(Values(text), ElementsAre(1, -1, 0)) << text;
  }
}

TEST(TypedValues, AnySeparator) {
  for (const char* text :
       {"1 -1 0", "1,-1,0", "1;-1;0", "1\n-1\n0\n", "1\r\n-1\r\n0", "1\t-1  0", "1 , -1 ; 0",
        "1, -1, 0,", "[1; -1; 0;]", "1,\n-1,\n0", "  1 -1\u00A00  "}) {
    EXPECT_THAT(Values(text), ElementsAre(1, -1, 0)) << text;
  }
}

TEST(TypedValues, AnyMinus) {
  for (const char* text :
       {"1 \u22121 0", "1,\u20131,0", "1 \uFF0D1 0", "1, - 1, 0", "[1, \u2212 1, 0]", "+1 -1 +0"}) {
    EXPECT_THAT(Values(text), ElementsAre(1, -1, 0)) << text;
  }
  EXPECT_THAT(Values("- 1", 1), ElementsAre(-1));
}

TEST(TypedValues, MinusZeroIsZero) {
  const std::vector<double> values = Values("[0, -0, \u22120]");
  EXPECT_THAT(values, ElementsAre(0, 0, 0));
  EXPECT_TRUE(std::signbit(values[1]));
}

TEST(TypedValues, NumbersInEveryForm) {
  EXPECT_THAT(Values(".5 1. 1e-3"), ElementsAre(0.5, 1, 1e-3));
  EXPECT_THAT(Values("1e\u22123 +.25 -1.5E2"), ElementsAre(1e-3, 0.25, -150));
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_THAT(Values("inf, -Infinity, \u221E"), ElementsAre(infinity, -infinity, infinity));
  EXPECT_THAT(Values("-\u221E", 1), ElementsAre(-infinity));
  EXPECT_TRUE(std::isnan(Values("NaN", 1)[0]));
}

TEST(TypedValues, ACommaIsADecimalPointIfOnlyThenTheCountFits) {
  EXPECT_THAT(Values("0,76; -0,76; 0"), ElementsAre(0.76, -0.76, 0));
  EXPECT_THAT(Values("0,76 -0,76 0,0"), ElementsAre(0.76, -0.76, 0));
  EXPECT_THAT(Values("[0,5, 1,5, 2]"), ElementsAre(0.5, 1.5, 2));
  EXPECT_THAT(Values("1,5", 1), ElementsAre(1.5));
  EXPECT_THAT(Values("1,5", 2), ElementsAre(1, 5));
  EXPECT_THAT(Values("1,5e2 2 3"), ElementsAre(150, 2, 3));
}

TEST(TypedValues, WhereBothAreInDoubtACommaSeparates) {
  EXPECT_THAT(Values("1,5 0.5", 2), SizeIs(3));  // a point is there already
  EXPECT_THAT(Values("1, 5", 1), SizeIs(2));     // no digit behind it
  EXPECT_THAT(Values("1,2,3", 2), SizeIs(3));    // 1.2.3 is no number
  EXPECT_THAT(Values("0,0 1", 4), SizeIs(3));    // fits neither way
}

TEST(TypedValues, AWrongCountIsNotItsBusiness) {
  EXPECT_THAT(Values("1 2", 3), SizeIs(2));
  EXPECT_THAT(Values("", 3), IsEmpty());
  EXPECT_THAT(Values("[]", 3), IsEmpty());
}

TEST(TypedValues, BracketsMustBalance) {
  EXPECT_EQ(TypingProblem("[0, 0, 1"), "1:1 the bracket \"[\" is not closed");
  EXPECT_EQ(TypingProblem("0, 0, 1]"), "1:8 the bracket \"]\" closes nothing");
  EXPECT_EQ(TypingProblem("1\n[0, 0)"),
            "2:6 the bracket \")\" closes another, \"[\" of line 2, column 1");
  EXPECT_EQ(TypingProblem("[[1, 2, 3]"), "1:1 the bracket \"[\" is not closed");
}

TEST(TypedValues, WhatIsMissingIsNotGuessed) {
  EXPECT_EQ(TypingProblem("1,,2"), "1:3 there is no number before this \",\"");
  EXPECT_EQ(TypingProblem(", 1"), "1:1 there is no number before this \",\"");
  EXPECT_EQ(TypingProblem("[, 1]"), "1:2 there is no number before this \",\"");
  EXPECT_EQ(TypingProblem("1; ;2"), "1:4 there is no number before this \";\"");
}

TEST(TypedValues, ASignThatCouldBeBetweenTwoNumbersIsRefused) {
  EXPECT_EQ(TypingProblem("1 - 1 0"),
            "1:3 the sign \"-\" stands alone; write it right before its number");
  EXPECT_EQ(TypingProblem("1, -"),
            "1:4 the sign \"-\" stands alone; write it right before its number");
  EXPECT_THAT(TypingProblem("1, - -1"), HasSubstr("1:4 the sign"));
  EXPECT_THAT(TypingProblem("1-1 0"), HasSubstr("1:1 \"1-1\" is no number"));
}

TEST(TypedValues, TellsWhatCannotBeReadAndWhere) {
  EXPECT_EQ(TypingProblem("0, one, 2"),
            "1:4 \"one\" is no number; write numbers as 1, -0.5, 2e-3, NaN or Infinity");
  EXPECT_THAT(TypingProblem("\u22121\n\u22121 \u00BD"), HasSubstr("2:4 \"\u00BD\" is no number"));
  EXPECT_THAT(TypingProblem("h = [0]"), HasSubstr("1:1 \"h\" is no number"));
  EXPECT_THAT(TypingProblem("1/2"), HasSubstr("\"1/2\""));
  EXPECT_THAT(TypingProblem("1e999"), HasSubstr("larger than any number"));
  EXPECT_THAT(TypingProblem("0 \xFF"), HasSubstr("1:3 this is not text in UTF-8"));
}

TEST(TypedValues, NamesOfValuesAreRefusedOnceAndForAll) {
  const std::string hint =
      " is no number; write the values only, without names and signs of equality, in the order in "
      "which they are asked";
  EXPECT_EQ(TypingProblem("h = [0.52, 0.9]; z = 0.6"), "1:1 \"h\"" + hint);
  EXPECT_EQ(TypingProblem("[h=0.52, c=0.9"), "1:2 \"h=0.52\"" + hint);
  EXPECT_EQ(TypingProblem("1\nh: 2"), "2:1 \"h:\"" + hint);
  for (const char* text : {"h = [0.52, 0.9]; z = 0.6", "[h=0.52, c=0.9", "h: 0.5\nc: 0.7"}) {
    EXPECT_THAT(ReadTypedValues(text, 3).problems, SizeIs(1)) << text;
  }
  EXPECT_THAT(TypingProblem("h 1"), HasSubstr("write numbers as"));
}

TEST(TypedValues, EveryProblemIsToldUpToAPoint) {
  EXPECT_THAT(ReadTypedValues("a b c", 3).problems, SizeIs(3));
  EXPECT_THAT(ReadTypedValues(std::string(10'000, '['), 3).problems, SizeIs(kMaxReadProblems));
  // Would take hours if each bracket cost a walk to its place.
  EXPECT_THAT(ReadTypedValues(std::string(4'000'000, '['), 3).problems, SizeIs(kMaxReadProblems));
  EXPECT_THAT(ReadTypedValues(std::string(10'000, ']'), 3).problems, SizeIs(kMaxReadProblems));
}

}  // namespace
}  // namespace cellar
