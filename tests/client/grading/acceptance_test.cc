#include "client/grading/acceptance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cellar {
namespace {

bool Accepts(const Acceptance& range, double value) {
  return value >= range.low && value <= range.high;
}

Acceptance Range(const v1::Comparison& comparison, double expected) {
  return AcceptanceOf(comparison, expected, /*rounded=*/false, v1::PRECISION_FLOAT64);
}

TEST(AcceptanceTest, WithoutARuleARoundedHMustBeEqualAndOthersNear) {
  const Acceptance rounded = AcceptanceOf({}, -1, /*rounded=*/true, v1::PRECISION_FLOAT32);
  EXPECT_EQ(rounded.low, -1);
  EXPECT_EQ(rounded.high, -1);
  EXPECT_TRUE(Accepts(Range({}, 0.5), 0.5009));
  EXPECT_FALSE(Accepts(Range({}, 0.5), 0.5011));
  EXPECT_TRUE(Accepts(Range({}, -100), -100.09));
}

TEST(AcceptanceTest, AnyRuleThatIsSetMayAccept) {
  v1::Comparison comparison;
  comparison.set_absolute(0.1);
  EXPECT_TRUE(Accepts(Range(comparison, 10), 10.05));
  EXPECT_FALSE(Accepts(Range(comparison, 10), 10.2));
  comparison.set_relative(0.05);
  EXPECT_TRUE(Accepts(Range(comparison, 10), 10.2));
  EXPECT_TRUE(Accepts(Range(comparison, -10), -10.5));
}

TEST(AcceptanceTest, UlpsAreOfThePrecision) {
  v1::Comparison comparison;
  comparison.set_ulps(1);
  const double next = std::nextafter(0.5, 1);
  EXPECT_TRUE(Accepts(Range(comparison, 0.5), next));
  EXPECT_FALSE(Accepts(Range(comparison, 0.5), std::nextafter(next, 1)));
  const Acceptance single = AcceptanceOf(comparison, 0.5, false, v1::PRECISION_FLOAT32);
  const float next_single = std::nextafter(0.5F, 1.0F);
  EXPECT_TRUE(Accepts(single, next_single));
  EXPECT_FALSE(Accepts(single, std::nextafter(next_single, 1.0F)));
}

TEST(AcceptanceTest, UlpsGoExactlyAsFarAsTheyAreCounted) {
  v1::Comparison comparison;
  const auto single = [&](int64_t ulps, double expected) {
    comparison.set_ulps(ulps);
    return AcceptanceOf(comparison, expected, false, v1::PRECISION_FLOAT32);
  };
  // Half a place further, and that only if a tie goes to the even number.
  EXPECT_EQ(single(0, 1).high, 1 + std::ldexp(1, -24));
  EXPECT_EQ(single(1, 1).high, std::nextafter(1 + std::ldexp(3, -24), 0));
  EXPECT_EQ(single(0, -1).low, -1 - std::ldexp(1, -24));
  // Across zero, which is one place.
  EXPECT_EQ(single(1, 0).high, std::nextafter(std::ldexp(3, -150), 0));
  EXPECT_EQ(single(1, 0).low, -single(1, 0).high);
  EXPECT_EQ(single(2, std::ldexp(1, -149)).low, -single(1, 0).high);
  // What is rounded to an infinity is no number of ulps away.
  const double last = std::nextafter(std::ldexp(1, 128) - std::ldexp(1, 103), 0);
  for (const int64_t ulps : {int64_t{5'000'000'000}, std::numeric_limits<int64_t>::max()}) {
    EXPECT_EQ(single(ulps, 1).high, last);
    EXPECT_EQ(single(ulps, 1).low, -last);
  }
  comparison.set_ulps(std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Range(comparison, 0).high, std::numeric_limits<double>::max());
  EXPECT_EQ(Range(comparison, 0).low, std::numeric_limits<double>::lowest());
  EXPECT_LT(Range(comparison, std::numeric_limits<double>::max()).low, 0);
  comparison.set_ulps(1'000'000);
  EXPECT_EQ(Range(comparison, 1).high, 1 + std::ldexp(1'000'000, -52));
}

TEST(AcceptanceTest, DifferencesReachToTheLastNumberThatIsNoFartherAway) {
  v1::Comparison comparison;
  comparison.set_absolute(0.1);
  for (const double expected : {0.0, 0.3, -0.7616, 1e-20, 123.456, -1e17, 1.0, -1.0}) {
    // What the server takes, see the slack in server/grading/comparison.cc.
    const double slack = std::min(std::ldexp(std::max(std::fabs(expected), 0.1), -50), 0.1);
    const double off = 0.1 + slack;
    const Acceptance range = Range(comparison, expected);
    EXPECT_LE(range.high - expected, off);
    EXPECT_GT(std::nextafter(range.high, INFINITY) - expected, off);
    EXPECT_LE(expected - range.low, off);
    EXPECT_GT(expected - std::nextafter(range.low, -INFINITY), off);
  }
  comparison.set_absolute(1e308);
  EXPECT_EQ(Range(comparison, 1e308).high, std::numeric_limits<double>::max());
}

TEST(AcceptanceTest, ADecimalOnTheBoundIsWithinAndOneBeyondItIsNot) {
  v1::Comparison absolute;
  absolute.set_absolute(0.1);
  v1::Comparison relative;
  relative.set_relative(0.1);
  for (const double sign : {1.0, -1.0}) {
    for (const v1::Comparison& comparison : {absolute, relative}) {
      EXPECT_TRUE(Accepts(Range(comparison, sign), sign * 1.1));
      EXPECT_TRUE(Accepts(Range(comparison, sign), sign * 0.9));
      EXPECT_FALSE(Accepts(Range(comparison, sign), sign * (1.1 + 1e-14)));
      EXPECT_FALSE(Accepts(Range(comparison, sign), sign * (0.9 - 1e-14)));
    }
    EXPECT_TRUE(Accepts(Range(absolute, 0), sign * 0.1));
    EXPECT_FALSE(Accepts(Range(absolute, 0), sign * (0.1 + 1e-14)));
    EXPECT_TRUE(Accepts(Range(relative, sign * 1e300), sign * 1.1e300));
    EXPECT_TRUE(Accepts(Range(relative, sign * 1e-300), sign * 1.1e-300));
  }
  absolute.set_absolute(0);
  EXPECT_EQ(Range(absolute, 1).high, 1);
  EXPECT_EQ(Range(absolute, 1).low, 1);
}

TEST(AcceptanceTest, OfFloat32ADecimalOnTheBoundIsWithinToo) {
  v1::Comparison absolute;
  absolute.set_absolute(0.1);
  v1::Comparison relative;
  relative.set_relative(0.1);
  v1::Comparison decimals;
  decimals.set_decimals(1);
  const auto range = [](const v1::Comparison& comparison, float expected) {
    return AcceptanceOf(comparison, expected, false, v1::PRECISION_FLOAT32);
  };
  EXPECT_TRUE(Accepts(range(absolute, 0.3F), 0.2));
  EXPECT_TRUE(Accepts(range(absolute, 0.3F), 0.4));
  EXPECT_TRUE(Accepts(range(absolute, 0.7F), 0.8));
  EXPECT_FALSE(Accepts(range(absolute, 0.3F), 0.1999999));
  EXPECT_FALSE(Accepts(range(absolute, 0.3F), 0.4000001));
  EXPECT_FALSE(Accepts(Range(absolute, 0.3F), 0.2)) << "of float64 the number is what it is";
  EXPECT_TRUE(Accepts(range(relative, 0.3F), 0.27));
  EXPECT_TRUE(Accepts(range(decimals, 0.35F), 0.4)) << "0.35 is a tie";
  EXPECT_TRUE(Accepts(range(decimals, 0.35F), 0.3));
}

TEST(AcceptanceTest, DecimalsTakeWhatRoundsAlikeAndTiesEitherWay) {
  v1::Comparison comparison;
  comparison.set_decimals(2);
  EXPECT_TRUE(Accepts(Range(comparison, 0.7616), 0.76));
  EXPECT_TRUE(Accepts(Range(comparison, 0.7616), 0.7649));
  EXPECT_FALSE(Accepts(Range(comparison, 0.7616), 0.7651));
  EXPECT_TRUE(Accepts(Range(comparison, 0.125), 0.12));
  EXPECT_TRUE(Accepts(Range(comparison, 0.125), 0.13));
}

TEST(AcceptanceTest, NanAndInfinitiesMatchThemselvesOnly) {
  v1::Comparison comparison;
  comparison.set_absolute(1);
  EXPECT_TRUE(std::isnan(Range(comparison, std::nan("")).low));
  EXPECT_EQ(Range(comparison, INFINITY).low, INFINITY);
}

TEST(AcceptanceTest, AQuestionsRuleGoesBeforeTheExercises) {
  v1::Exercise exercise;
  exercise.mutable_comparison()->set_absolute(1);
  v1::Question question;
  EXPECT_EQ(ComparisonOf(exercise, question).absolute(), 1);
  question.mutable_comparison()->set_absolute(2);
  EXPECT_EQ(ComparisonOf(exercise, question).absolute(), 2);
  EXPECT_FALSE(IsReportedRounded(exercise, question));
  exercise.mutable_numerics()->set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
  EXPECT_TRUE(IsReportedRounded(exercise, question));
  question.set_quantity(v1::QUANTITY_C);
  EXPECT_FALSE(IsReportedRounded(exercise, question));
}

}  // namespace
}  // namespace cellar
