#include "client/number_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
const NumberFormat kFour{4, v1::PRECISION_FLOAT32};
const NumberFormat kFull32 = NumberFormat::Full(v1::PRECISION_FLOAT32);
const NumberFormat kFull64 = NumberFormat::Full(v1::PRECISION_FLOAT64);

TEST(FormatNumberTest, WholeNumbersHaveNoPoint) {
  EXPECT_EQ(FormatNumber(0, kFour), "0");
  EXPECT_EQ(FormatNumber(-1, kFour), "-1");
  EXPECT_EQ(FormatNumber(12345, kFour), "12345");
  EXPECT_EQ(FormatNumber(-0.0, kFour), "-0");
}

TEST(FormatNumberTest, RoundsToSignificantDecimals) {
  EXPECT_EQ(FormatNumber(std::tanh(1.0f), kFour), "0.7616");
  EXPECT_EQ(FormatNumber(-0.0123456, kFour), "-0.01235");
  EXPECT_EQ(FormatNumber(1234.56, kFour), "1234.6");
  EXPECT_EQ(FormatNumber(1e20f * 1.23456f, kFour), "1.235e+20");
}

TEST(FormatNumberTest, ANumberThatOnlyLooksWholeIsToldFromOneThatIs) {
  EXPECT_EQ(FormatNumber(0.99999f, kFour), "1.000");
  EXPECT_EQ(FormatNumber(1.0f, kFour), "1");
  EXPECT_EQ(FormatNumber(std::nextafter(1.0f, 0.0f), kFour), "1.000");
  EXPECT_EQ(FormatNumber(9999.99f, kFour), "10000.0");
}

TEST(FormatNumberTest, NumbersOfFewDigitsAreNotFilledUp) {
  EXPECT_EQ(FormatNumber(0.5, kFour), "0.5");
  EXPECT_EQ(FormatNumber(0.1f, kFour), "0.1");
  EXPECT_EQ(FormatNumber(0.1, {4, v1::PRECISION_FLOAT64}), "0.1");
}

TEST(FormatNumberTest, DenormalsShowTheirSize) {
  // exp(-100) as the nearest float: 27 times the smallest one.
  EXPECT_EQ(FormatNumber(27 * std::numeric_limits<float>::denorm_min(), kFour), "3.784e-44");
  EXPECT_EQ(FormatNumber(std::exp(-100.0), {4, v1::PRECISION_FLOAT64}), "3.720e-44");
}

TEST(FormatNumberTest, NumbersThatAreNoneHaveNames) {
  EXPECT_EQ(FormatNumber(std::nan(""), kFour), "NaN");
  EXPECT_EQ(FormatNumber(kInfinity, kFull64), "Infinity");
  EXPECT_EQ(FormatNumber(-kInfinity, kFour), "-Infinity");
}

TEST(FormatNumberTest, FullDigitsAreTheFewestThatTellANumber) {
  EXPECT_EQ(FormatNumber(0.1f, kFull32), "0.1");
  EXPECT_EQ(FormatNumber(0.1, kFull64), "0.1");
  EXPECT_EQ(FormatNumber(std::tanh(1.0f), kFull32), "0.7615942");
  EXPECT_EQ(FormatNumber(0.1, kFull32), "0.1") << "no float: shown as the double that it is";
}

TEST(FormatNumberTest, EveryFullNumberComesBackAsItWas) {
  const unsigned seed = 20240607;
  std::mt19937_64 random(seed);
  SCOPED_TRACE(seed);
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (!std::isfinite(value)) continue;
    const auto again = ParseNumber(FormatNumber(value, kFull64));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_EQ(std::memcmp(&*again, &value, sizeof(value)), 0) << FormatNumber(value, kFull64);
    const auto single = static_cast<float>(value);
    if (!std::isfinite(single)) continue;
    const auto single_again = ParseNumber(FormatNumber(single, kFull32));
    ASSERT_TRUE(single_again.ok()) << single_again.status();
    EXPECT_EQ(static_cast<float>(*single_again), single);
  }
}

TEST(ParseNumberTest, TakesWhatPeopleType) {
  EXPECT_EQ(*ParseNumber("1"), 1);
  EXPECT_EQ(*ParseNumber("+.5"), 0.5);
  EXPECT_EQ(*ParseNumber("-2e-3"), -0.002);
  EXPECT_EQ(*ParseNumber("1."), 1);
  EXPECT_EQ(*ParseNumber("\xe2\x88\x92"
                         "1.5"),
            -1.5)
      << "the typographic minus";
  EXPECT_EQ(*ParseNumber("inf"), kInfinity);
  EXPECT_EQ(*ParseNumber("-Infinity"), -kInfinity);
  EXPECT_TRUE(std::isnan(*ParseNumber("NaN")));
  EXPECT_TRUE(std::signbit(*ParseNumber("-0")));
}

TEST(ParseNumberTest, RefusesWhatIsNoNumberAndQuotesIt) {
  for (const char* word : {"", "x", "1x", "--1", "+-1", "0x10", "1e999", "-1e999", "."}) {
    const auto number = ParseNumber(word);
    ASSERT_FALSE(number.ok()) << word;
    EXPECT_THAT(std::string(number.status().message()), HasSubstr(word));
  }
}

TEST(ParseNumberTest, ANumberTooSmallIsTheNearestThereIs) {
  EXPECT_EQ(*ParseNumber("1e-999"), 0);
  EXPECT_EQ(*ParseNumber("5e-324"), std::numeric_limits<double>::denorm_min());
}

TEST(ParseNumbersTest, SeparatorsAndBracketsAreForgiven) {
  EXPECT_THAT(*ParseNumbers("0 0 1"), ElementsAre(0, 0, 1));
  EXPECT_THAT(*ParseNumbers(" [0,0 ; -1.5]\r\n"), ElementsAre(0, 0, -1.5));
  EXPECT_THAT(*ParseNumbers("  "), IsEmpty());
}

TEST(ParseNumbersTest, DecimalCommasAreNotTakenForSeveralNumbers) {
  for (const char* text : {"0,5", "0,5 1", "1 0,5", "[0,5 1,5]", "0,5; 1,5", "1,000", "0,5, 1"}) {
    const auto numbers = ParseNumbers(text);
    EXPECT_TRUE(absl::IsInvalidArgument(numbers.status())) << text;
  }
  EXPECT_EQ(ParseNumbers("1 (-0,5) 1,5").status().message(),
            "\"-0,5\" may be one number or two; write -0.5 for one, and -0 5 for two");
  EXPECT_THAT(*ParseNumbers("0,5,1"), ElementsAre(0, 5, 1));
  EXPECT_THAT(*ParseNumbers("0, 5, 1"), ElementsAre(0, 5, 1));
  EXPECT_THAT(*ParseNumbers("0,5,1 1,0,0"), ElementsAre(0, 5, 1, 1, 0, 0));
  EXPECT_THAT(*ParseNumbers("0.5,1"), ElementsAre(0.5, 1)) << "a point is the decimal point";
}

TEST(ParseNumbersTest, ACommaSeparatesWhereOnlySoTheStepsAreWhole) {
  EXPECT_THAT(*ParseNumbers("0,5", 2), ElementsAre(0, 5));
  EXPECT_THAT(*ParseNumbers("0,5 1", 3), ElementsAre(0, 5, 1));
  EXPECT_FALSE(ParseNumbers("0,5", 1).ok());
  EXPECT_FALSE(ParseNumbers("0,5 1,5", 2).ok()) << "two steps of one comma, or one of two";
  EXPECT_FALSE(ParseNumbers("0,5 1", 2).ok()) << "no whole steps";
}

TEST(ParseNumbersTest, TheFirstWrongWordIsQuoted) {
  const auto numbers = ParseNumbers("0, one, two");
  ASSERT_FALSE(numbers.ok());
  EXPECT_THAT(std::string(numbers.status().message()), HasSubstr("\"one\""));
}

TEST(RoundTiesToZeroTest, TiesGoToZeroAndZeroHasNoSign) {
  EXPECT_EQ(RoundTiesToZero(0.5), 0);
  EXPECT_FALSE(std::signbit(RoundTiesToZero(-0.5)));
  EXPECT_FALSE(std::signbit(RoundTiesToZero(-0.2)));
  EXPECT_EQ(RoundTiesToZero(1.5), 1);
  EXPECT_EQ(RoundTiesToZero(-1.5), -1);
  EXPECT_EQ(RoundTiesToZero(0.7616), 1);
  EXPECT_EQ(RoundTiesToZero(-2.51), -3);
  EXPECT_EQ(RoundTiesToZero(-kInfinity), -kInfinity);
  EXPECT_TRUE(std::isnan(RoundTiesToZero(std::nan(""))));
}

}  // namespace
}  // namespace cellar
