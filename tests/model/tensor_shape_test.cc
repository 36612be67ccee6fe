#include "server/model/tensor_shape.h"

#include <limits>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

constexpr int64_t kMostElements = std::numeric_limits<int64_t>::max();

TEST(ElementCount, IsTheProductOfTheLengths) {
  EXPECT_EQ(ElementCount({}), 1);
  EXPECT_EQ(ElementCount({7}), 7);
  EXPECT_EQ(ElementCount({2, 3, 4}), 24);
  EXPECT_EQ(ElementCount({kMostElements}), kMostElements);
  EXPECT_EQ(ElementCount({int64_t{1} << 31, int64_t{1} << 31}), int64_t{1} << 62);
}

TEST(ElementCount, RefusesLengthsBelowOne) {
  EXPECT_EQ(ElementCount({0}), std::nullopt);
  EXPECT_EQ(ElementCount({2, -3}), std::nullopt);
  EXPECT_EQ(ElementCount({std::numeric_limits<int64_t>::min(), -1}), std::nullopt);
}

TEST(ElementCount, RefusesProductsThatDoNotFit) {
  EXPECT_EQ(ElementCount({kMostElements, 2}), std::nullopt);
  EXPECT_EQ(ElementCount({int64_t{1} << 32, int64_t{1} << 31}), std::nullopt);
  EXPECT_EQ(ElementCount({kMostElements, kMostElements, kMostElements}), std::nullopt);
}

TEST(FormatShape, WritesTheLengths) {
  EXPECT_EQ(FormatShape({}), "[]");
  EXPECT_EQ(FormatShape({3}), "[3]");
  EXPECT_EQ(FormatShape({2, -3}), "[2, -3]");
}

TEST(FormatShape, CutsWhatIsTooLong) {
  EXPECT_EQ(FormatShape(std::vector<int64_t>(8, 1)), "[1, 1, 1, 1, 1, 1, 1, 1]");
  EXPECT_EQ(FormatShape(std::vector<int64_t>(12, 1)), "[1, 1, 1, 1, 1, 1, 1, 1, ... 12 axes]");
  EXPECT_LT(FormatShape(std::vector<int64_t>(100'000, kMostElements)).size(), 300u);
}

}  // namespace
}  // namespace cellar
