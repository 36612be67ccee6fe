#include "server/grading/written_number.h"

#include <limits>
#include <optional>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

// `value` as it stands in an answer with `others`.
WrittenNumber Written(double value, std::vector<std::optional<double>> others = {}) {
  others.insert(others.begin(), value);
  return *WrittenNumbers(others)[0];
}

TEST(WrittenNumbers, HaveTheDecimalsOfTheirShortestForm) {
  const WrittenAnswer written = WrittenNumbers({0.5, std::nullopt, -0.38, 12.125, 3, 1e-3});
  EXPECT_FALSE(written[1].has_value());
  for (const auto& [index, decimals] :
       std::vector<std::pair<size_t, int>>{{0, 1}, {2, 2}, {3, 3}, {4, 0}, {5, 3}}) {
    EXPECT_EQ(written[index]->decimals, decimals) << index;
    EXPECT_EQ(written[index]->decimals_beside, 3) << index;
  }
  EXPECT_EQ(Written(std::numeric_limits<double>::infinity()).decimals, 0);
}

TEST(WrittenNumbers, AreRoundedFromWhatHasTheirDigits) {
  const double outcome = 0.7615941;
  for (const double written : {0.76, 0.762, 0.7616}) {
    EXPECT_TRUE(IsRoundedFrom(Written(written), outcome)) << written;
    EXPECT_TRUE(IsRoundedFrom(Written(-written), -outcome)) << written;
  }
  for (const double other : {0.77, 0.761, 0.7615, -0.76}) {
    EXPECT_FALSE(IsRoundedFrom(Written(other), outcome)) << other;
  }
  EXPECT_FALSE(IsRoundedFrom(Written(0.76), std::numeric_limits<double>::quiet_NaN()));
  EXPECT_FALSE(IsRoundedFrom(Written(std::numeric_limits<double>::quiet_NaN()), 0.76));
}

TEST(WrittenNumbers, AreRoundedToTwoDecimalsOrMore) {
  EXPECT_FALSE(IsRoundedFrom(Written(0.5), 0.4968)) << "one decimal has many reasons";
  EXPECT_FALSE(IsRoundedFrom(Written(1), 0.9968)) << "and none has more";
}

TEST(WrittenNumbers, LoseTheZerosThatTheNumbersBesideShow) {
  EXPECT_TRUE(IsRoundedFrom(Written(0.5, {0.76}), 0.4968));
  EXPECT_FALSE(IsRoundedFrom(Written(0.5, {0.761}), 0.4968));
  EXPECT_TRUE(IsRoundedFrom(Written(0.5, {0.761}), 0.4996));
  EXPECT_TRUE(IsRoundedFrom(Written(1, {0.761, std::nullopt}), 0.9996));
  EXPECT_TRUE(IsRoundedFrom(Written(0.38, {0.7616}), 0.3849)) << "or has fewer than these";
}

TEST(WrittenNumbers, WithMoreThanTwelveDecimalsAreNotRounded) {
  EXPECT_TRUE(IsRoundedFrom(Written(0.123456789012), 0.12345678901219));
  EXPECT_FALSE(IsRoundedFrom(Written(0.1234567890123), 0.12345678901234));
  EXPECT_FALSE(IsRoundedFrom(Written(0.5, {0.1234567890123}), 0.4999999999999999));
}

}  // namespace
}  // namespace cellar
