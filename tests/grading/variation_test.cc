#include "server/grading/variation.h"

#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

const std::string kField = "sequences[0].inputs";

Variation Of(std::variant<Choices, Range> draw, const std::string& field = kField) {
  return {field, {0}, std::move(draw)};
}

// Made by the ten lines of Python that the header describes.
TEST(DrawNumber, IsWhatAnotherLanguageDraws) {
  const Variation dice = Of(Choices{1, 2, 3, 4, 5, 6});
  std::vector<double> drawn;
  for (int64_t element = 0; element < 12; ++element) {
    drawn.push_back(DrawNumber("student-17", dice, element));
  }
  EXPECT_THAT(drawn,
              testing::ElementsAreArray(std::vector<double>{5, 2, 3, 2, 3, 3, 6, 1, 2, 4, 6, 6}));
  const Variation range = Of(Range{-1, 1, 0.1}, "model.layers[0].lstm.candidate.bias");
  EXPECT_EQ(DrawNumber("", range, 0), -0.7);
  EXPECT_EQ(DrawNumber("\u00E9", range, 3), -0.9);
}

TEST(DrawNumber, DependsOnSeedFieldAndElementOnly) {
  const Variation range = Of(Range{0, 999'999, 1});
  const double number = DrawNumber("a", range, 0);
  EXPECT_EQ(DrawNumber("a", range, 0), number);
  EXPECT_NE(DrawNumber("b", range, 0), number);
  EXPECT_NE(DrawNumber("a", range, 1), number);
  EXPECT_NE(DrawNumber("a", Of(Range{0, 999'999, 1}, "sequences[1].inputs"), 0), number);
  Variation others = range;
  others.elements = {0, 1, 2};
  EXPECT_EQ(DrawNumber("a", others, 0), number);
}

TEST(DrawNumber, SeedAndFieldCannotBeMistakenForEachOther) {
  const Range range = {0, 999'999, 1};
  EXPECT_NE(DrawNumber("ab", Of(range, "c"), 0), DrawNumber("a", Of(range, "bc"), 0));
}

TEST(DrawNumber, EveryChoiceIsEquallyLikely) {
  const Variation variation = Of(Choices{0, 1, 2, 3, 4, 5, 6});
  std::map<double, int> counts;
  constexpr int kDraws = 70'000;
  for (int i = 0; i < kDraws; ++i) ++counts[DrawNumber(std::to_string(i), variation, 0)];
  ASSERT_EQ(counts.size(), 7u);
  // Six standard deviations of a fair draw.
  for (const auto& [number, count] : counts) EXPECT_NEAR(count, kDraws / 7, 560) << number;
}

TEST(DrawNumber, ARangeReachesBothEnds) {
  const Variation variation = Of(Range{0, 0.3, 0.1});
  std::map<double, int> counts;
  for (int i = 0; i < 200; ++i) ++counts[DrawNumber(std::to_string(i), variation, 0)];
  EXPECT_EQ(counts.size(), 4u);
  EXPECT_EQ(counts.begin()->first, 0);
  EXPECT_EQ(counts.rbegin()->first, 3 * 0.1);
}

TEST(DrawCount, CountsTheNumbers) {
  EXPECT_EQ(DrawCount(Choices{1, 1, 1}), 3);
  EXPECT_EQ(DrawCount(Range{0, 1, 0.1}), 11);
  EXPECT_EQ(DrawCount(Range{-100, 100, 50}), 5);
  EXPECT_EQ(DrawCount(Range{2, 2, 1}), 1);
  EXPECT_EQ(DrawCount(Range{0, 0.99, 1}), 1);
  EXPECT_EQ(DrawCount(Range{0, 999'999, 1}), 1'000'000);
  EXPECT_GT(DrawCount(Range{0, 1, 1e-300}), kMaxRangeCount);
  EXPECT_GT(DrawCount(Range{-1e308, 1e308, 1e-300}), kMaxRangeCount);
}

}  // namespace
}  // namespace cellar
