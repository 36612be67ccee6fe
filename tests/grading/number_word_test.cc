#include "server/grading/number_word.h"

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(NumberWord, ReadsWhatPeopleWrite) {
  EXPECT_EQ(ReadNumberWord("1").value, 1);
  EXPECT_EQ(ReadNumberWord("-1").value, -1);
  EXPECT_EQ(ReadNumberWord("+2").value, 2);
  EXPECT_EQ(ReadNumberWord(".5").value, 0.5);
  EXPECT_EQ(ReadNumberWord("-.5").value, -0.5);
  EXPECT_EQ(ReadNumberWord("1.").value, 1);
  EXPECT_EQ(ReadNumberWord("1.e2").value, 100);
  EXPECT_EQ(ReadNumberWord("1e-3").value, 1e-3);
  EXPECT_EQ(ReadNumberWord("1E+3").value, 1e3);
  EXPECT_EQ(ReadNumberWord("007").value, 7);
  EXPECT_EQ(ReadNumberWord("0.1").value, 0.1);
}

TEST(NumberWord, MinusZeroKeepsItsSign) {
  const double zero = *ReadNumberWord("-0").value;
  EXPECT_EQ(zero, 0);
  EXPECT_TRUE(std::signbit(zero));
}

TEST(NumberWord, NanAndInfinityAreValues) {
  for (const char* word : {"nan", "NaN", "NAN", "-nan"}) {
    EXPECT_TRUE(std::isnan(ReadNumberWord(word).value.value_or(0))) << word;
  }
  const double infinity = std::numeric_limits<double>::infinity();
  for (const char* word : {"inf", "Inf", "INFINITY", "+Infinity"}) {
    EXPECT_EQ(ReadNumberWord(word).value, infinity) << word;
  }
  EXPECT_EQ(ReadNumberWord("-inf").value, -infinity);
}

TEST(NumberWord, TooSmallIsZeroAndTooLargeIsNoNumber) {
  EXPECT_EQ(ReadNumberWord("1e-400").value, 0);
  EXPECT_EQ(ReadNumberWord("-4e-324").value, -std::numeric_limits<double>::denorm_min());
  for (const char* word : {"1e400", "-1e400"}) {
    const NumberWord read = ReadNumberWord(word);
    EXPECT_FALSE(read.value.has_value());
    EXPECT_THAT(read.problem, testing::HasSubstr("larger than any number"));
  }
}

TEST(NumberWord, RefusesAllElse) {
  for (const char* word : {"",    "-",      "+",       ".",   "e5",   "1e",    "1e+",  "1e5.0",
                           "--1", "+-1",    "-+1",     "1-1", "0x10", "1_000", "1,5",  "one",
                           "1f",  "nan(1)", "infinit", "1/2", "1 ",   "1..2",  "True", "None"}) {
    const NumberWord read = ReadNumberWord(word);
    EXPECT_FALSE(read.value.has_value()) << word;
    EXPECT_THAT(read.problem, testing::HasSubstr("is no number")) << word;
  }
}

}  // namespace
}  // namespace cellar
