#include "server/grading/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool Takes(const Comparison& comparison, double expected, double given,
           Precision precision = Precision::kFloat32) {
  return Accepts(comparison, precision, expected, given);
}

TEST(Comparison, EveryRuleTakesTheExpectedValueItself) {
  for (const double value : {0.0, 1.5, -3e300, kInfinity, -kInfinity, kNan}) {
    EXPECT_TRUE(Takes({.absolute = 0}, value, value)) << value;
    EXPECT_TRUE(Takes({.ulps = 0}, value, value, Precision::kFloat64)) << value;
    EXPECT_TRUE(Takes({.decimals = 2}, value, value)) << value;
  }
  EXPECT_TRUE(Takes({.absolute = 0}, 0.0, -0.0));
  EXPECT_TRUE(Takes({.absolute = 0}, -0.0, 0.0));
}

TEST(Comparison, NanAndInfinitiesAreTakenForThemselvesOnly) {
  const Comparison everything = {.absolute = 1e308, .relative = 1e308, .ulps = 1, .decimals = 0};
  EXPECT_FALSE(Takes(everything, 1, kNan));
  EXPECT_FALSE(Takes(everything, kNan, 1));
  EXPECT_FALSE(Takes(everything, kInfinity, kNan));
  EXPECT_FALSE(Takes(everything, kInfinity, -kInfinity));
  EXPECT_FALSE(Takes(everything, 3.4e38, kInfinity));
  EXPECT_FALSE(Takes(everything, kInfinity, 3.4e38));
}

TEST(Comparison, AnAbsoluteDifferenceMayBeReached) {
  EXPECT_TRUE(Takes({.absolute = 0.5}, 1, 1.5));
  EXPECT_TRUE(Takes({.absolute = 0.5}, 1, 0.5));
  EXPECT_FALSE(Takes({.absolute = 0.5}, 1, 1.5 + 1e-14, Precision::kFloat64));
  EXPECT_FALSE(Takes({.absolute = 0.5}, 1, 1.5 + 1e-7));
}

// A decimal bound and what lies on it in decimals, whichever side of it the binary numbers are on.
struct OnTheBound {
  double bound;
  double expected;
  double given;
};

TEST(Comparison, ADecimalOnTheBoundIsTakenAndOneBeyondItIsNot) {
  for (const auto& [bound, expected, given] : std::vector<OnTheBound>{
           {0.1, 1, 1.1},
           {0.1, 1, 0.9},
           {0.1, 0.3, 0.2},
           {0.1, 0, 0.1},
           {0.3, 0.1, 0.4},
           {0.3, 0.1, -0.2},
           {0.001, 0.7616, 0.7626},
           {0.1, 123456789, 123456789.1},
           {1e-20, 3e-20, 4e-20},
           {1e-310, 3e-310, 4e-310},
           {1e20, 3e22, 3.01e22},
           {0.7, 1e-300, 0.7},
       }) {
    for (const double sign : {1.0, -1.0}) {
      SCOPED_TRACE(testing::Message() << bound << " from " << sign * expected);
      EXPECT_TRUE(Takes({.absolute = bound}, sign * expected, sign * given, Precision::kFloat64));
      const double beyond = std::max(1e-13 * std::fabs(given), 1e-6 * bound);
      const double outwards = given > expected ? beyond : -beyond;
      EXPECT_FALSE(Takes({.absolute = bound}, sign * expected, sign * (given + outwards),
                         Precision::kFloat64));
    }
  }
}

TEST(Comparison, ADecimalOnTheBoundOfARelativeDifferenceIsTaken) {
  for (const double scale : {1.0, -1.0, 3.0, -7e-300, 1.1e300, 1e-20}) {
    SCOPED_TRACE(scale);
    const auto takes = [&](double given) {
      return Takes({.relative = 0.1}, scale, given, Precision::kFloat64);
    };
    EXPECT_TRUE(takes(1.1 * scale));
    EXPECT_TRUE(takes(0.9 * scale));
    EXPECT_FALSE(takes((1.1 + 1e-14) * scale));
    EXPECT_FALSE(takes((0.9 - 1e-14) * scale));
  }
}

TEST(Comparison, ADecimalOnTheBoundFromANumberOfFloat32IsTakenToo) {
  // The float32 0.3 is 0.30000001192..., so 0.2 is farther from it than 0.1; 0.7 is
  // 0.69999998807...
  for (const auto& [bound, expected, given] : std::vector<OnTheBound>{{0.1, 0.3F, 0.2},
                                                                      {0.1, 0.3F, 0.4},
                                                                      {0.1, 0.7F, 0.6},
                                                                      {0.1, 0.7F, 0.8},
                                                                      {0.001, 0.7616F, 0.7626},
                                                                      {0.001, 0.7616F, 0.7606}}) {
    for (const double sign : {1.0, -1.0}) {
      SCOPED_TRACE(testing::Message() << given << " for " << sign * expected);
      EXPECT_TRUE(Takes({.absolute = bound}, sign * expected, sign * given));
      const double beyond = given + (given > expected ? 1e-7 : -1e-7);
      EXPECT_FALSE(Takes({.absolute = bound}, sign * expected, sign * beyond));
    }
  }
  EXPECT_FALSE(Takes({.absolute = 0.1}, 0.3F, 0.2, Precision::kFloat64));
  EXPECT_TRUE(Takes({.relative = 0.1}, 0.3F, 0.27));
  EXPECT_TRUE(Takes({.relative = 0.1}, 0.3F, 0.33));
  EXPECT_TRUE(Takes({.decimals = 1}, 0.35F, 0.4)) << "0.35 is a tie";
  EXPECT_TRUE(Takes({.decimals = 1}, 0.35F, 0.3));
  EXPECT_FALSE(Takes({.decimals = 1}, 0.35F, 0.4, Precision::kFloat64));
}

TEST(Comparison, TheSlackOfABoundIsNoLargerThanTheBound) {
  const double next = std::nextafter(1.0, 2.0);
  EXPECT_FALSE(Takes({.absolute = 0}, 1, next));
  EXPECT_FALSE(Takes({.relative = 0}, 1, next));
  EXPECT_FALSE(Takes({.absolute = 1e-17}, 1, next));
  EXPECT_FALSE(Takes({.absolute = 0.1}, 1e17, std::nextafter(1e17, 2e17)));
  EXPECT_FALSE(Takes({.absolute = 1e-9}, 0.3F, 0.3F + 2.1e-9));
  EXPECT_FALSE(Takes({.absolute = 0}, 0, std::numeric_limits<double>::denorm_min()));
}

TEST(Comparison, ARelativeDifferenceIsOfTheExpectedValue) {
  EXPECT_TRUE(Takes({.relative = 0.5}, -2, -3));
  EXPECT_FALSE(Takes({.relative = 0.5}, 2, 3.01));
  EXPECT_FALSE(Takes({.relative = 0.5}, 0, 1e-300));
}

TEST(Comparison, AnyRuleThatIsSetIsEnough) {
  const Comparison both = {.absolute = 0.001, .relative = 0.01};
  EXPECT_TRUE(Takes(both, 100, 100.9));
  EXPECT_TRUE(Takes(both, 0.0001, 0.001));
  EXPECT_FALSE(Takes(both, 0.01, 0.02));
}

TEST(Comparison, UlpsAreNumbersOfTheExercisesPrecision) {
  const float above = std::nextafterf(1.0F, 2.0F);
  EXPECT_TRUE(Takes({.ulps = 1}, 1, above));
  EXPECT_FALSE(Takes({.ulps = 0}, 1, above));
  EXPECT_FALSE(Takes({.ulps = 1000}, 1, above, Precision::kFloat64));
  EXPECT_TRUE(Takes({.ulps = 0}, 1, 1 + 1e-12));  // rounded to float32 it is 1
  EXPECT_TRUE(Takes({.ulps = 1}, 1, std::nextafter(1.0, 2.0), Precision::kFloat64));
}

TEST(Comparison, UlpsAreCountedAcrossZero) {
  const float least = std::numeric_limits<float>::denorm_min();
  EXPECT_TRUE(Takes({.ulps = 2}, least, -least));
  EXPECT_FALSE(Takes({.ulps = 1}, least, -least));
  const double largest = std::numeric_limits<double>::max();
  EXPECT_FALSE(
      Takes({.ulps = std::numeric_limits<int64_t>::max()}, largest, -largest, Precision::kFloat64));
  EXPECT_FALSE(Takes({.ulps = 1}, std::numeric_limits<float>::max(), 1e300));
}

TEST(Comparison, NoUlpsTakeWhatRoundsToTheExpectedNumberAlone) {
  for (const float expected : {1.0F, -1.0F, 0.0F, 1e-42F, 3e38F}) {
    const double half_up =
        0.5 * (static_cast<double>(expected) + std::nextafterf(expected, INFINITY));
    EXPECT_TRUE(Takes({.ulps = 0}, expected, std::nextafter(half_up, -INFINITY))) << expected;
    EXPECT_FALSE(Takes({.ulps = 0}, expected, std::nextafter(half_up, INFINITY))) << expected;
  }
  // At a tie the even neighbour has it.
  EXPECT_TRUE(Takes({.ulps = 0}, 1, 1 + std::ldexp(1, -24)));
  EXPECT_FALSE(Takes({.ulps = 0}, std::nextafterf(1, 2), 1 + std::ldexp(1, -24)));
  EXPECT_TRUE(Takes({.ulps = 0}, 0.0, -0.0));
  EXPECT_TRUE(Takes({.ulps = 0}, 0.0, 1e-300));
  EXPECT_FALSE(Takes({.ulps = 0}, 0.0, 1e-300, Precision::kFloat64));
}

TEST(Comparison, BothZerosAreOnePlaceAndSubnormalNumbersOneEach) {
  const float least = std::numeric_limits<float>::denorm_min();
  for (const float zero : {0.0F, -0.0F}) {
    EXPECT_TRUE(Takes({.ulps = 1}, zero, least));
    EXPECT_TRUE(Takes({.ulps = 1}, zero, -least));
    EXPECT_FALSE(Takes({.ulps = 1}, zero, 2 * least));
    EXPECT_TRUE(Takes({.ulps = 1}, least, zero));
  }
  EXPECT_TRUE(Takes({.ulps = 8388608}, 0, std::numeric_limits<float>::min()));
  EXPECT_FALSE(Takes({.ulps = 8388607}, 0, std::numeric_limits<float>::min()));
}

TEST(Comparison, NothingIsSoManyUlpsAwayFromAnInfinityOrNan) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const double largest = std::numeric_limits<float>::max();
  EXPECT_FALSE(Takes({.ulps = kMost}, largest, kInfinity));
  EXPECT_FALSE(Takes({.ulps = kMost}, kInfinity, largest));
  EXPECT_FALSE(Takes({.ulps = kMost}, -kInfinity, kInfinity));
  EXPECT_FALSE(Takes({.ulps = kMost}, 0, kNan));
  EXPECT_FALSE(Takes({.ulps = kMost}, kNan, 0));
  // Beyond half a place above the largest number, a given value is rounded to an infinity.
  const double bound = std::ldexp(1, 128) - std::ldexp(1, 103);
  EXPECT_TRUE(Takes({.ulps = 0}, largest, std::nextafter(bound, 0)));
  EXPECT_FALSE(Takes({.ulps = kMost}, largest, bound));
}

TEST(Comparison, DecimalsRoundBothAndATieMayGoEitherWay) {
  EXPECT_TRUE(Takes({.decimals = 2}, 0.76159, 0.76));
  EXPECT_TRUE(Takes({.decimals = 2}, 0.76159, 0.7601));
  EXPECT_FALSE(Takes({.decimals = 2}, 0.76159, 0.77));
  EXPECT_FALSE(Takes({.decimals = 3}, 0.76159, 0.761));
  EXPECT_TRUE(Takes({.decimals = 0}, 0.5, 0));
  EXPECT_TRUE(Takes({.decimals = 0}, 0.5, 1));
  EXPECT_TRUE(Takes({.decimals = 0}, -0.5, -1));
  EXPECT_FALSE(Takes({.decimals = 0}, -0.5, 1));
  EXPECT_TRUE(Takes({.decimals = 2}, 0.145, 0.15));  // its binary form lies below the tie
  EXPECT_TRUE(Takes({.decimals = 2}, 0.145, 0.14));
}

TEST(Comparison, DecimalsOfVeryLargeNumbersAreNone) {
  EXPECT_FALSE(Takes({.decimals = 15}, 1e300, 2e300));
  EXPECT_FALSE(Takes({.decimals = 15}, 1e20, 1.1e20));
}

TEST(DefaultComparison, RoundedHMustBeEqualAndAllElseNear) {
  const Comparison near = {.absolute = 0.001, .relative = 0.001};
  const Comparison equal = {.absolute = 0};
  EXPECT_EQ(DefaultComparison(Quantity::kH, {}), near);
  EXPECT_EQ(DefaultComparison(Quantity::kH, kCourseRules), equal);
  EXPECT_EQ(DefaultComparison(Quantity::kC, kCourseRules), near);
}

}  // namespace
}  // namespace cellar
