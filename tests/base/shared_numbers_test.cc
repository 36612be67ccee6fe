#include "server/base/shared_numbers.h"

#include <limits>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SharedNumbers Floats(const std::vector<float>& numbers) {
  return SharedNumbers::Of<float>(numbers);
}

SharedNumbers Doubles(const std::vector<double>& numbers) {
  return SharedNumbers::Of<double>(numbers);
}

TEST(SharedNumbers, HaveWhatTheyWereMadeOf) {
  const SharedNumbers floats = Floats({1, 2.5F});
  EXPECT_THAT(floats.As<float>(), ElementsAre(1, 2.5F));
  EXPECT_EQ(floats.count(), 2);
  EXPECT_EQ(floats.size_bytes(), 8);
  EXPECT_FALSE(floats.is_double());
  const SharedNumbers doubles = Doubles({1e300, 2, 3});
  EXPECT_THAT(doubles.As<double>(), ElementsAre(1e300, 2, 3));
  EXPECT_EQ(doubles.size_bytes(), 24);
  EXPECT_TRUE(doubles.is_double());
  EXPECT_THAT(Floats({}).As<float>(), IsEmpty());
}

TEST(SharedNumbers, AreNoneUntilTheyAreMade) {
  EXPECT_TRUE(SharedNumbers() == nullptr);
  EXPECT_TRUE(Floats({}) != nullptr) << "no numbers are an array, too";
  SharedNumbers numbers = Floats({1});
  numbers = nullptr;
  EXPECT_TRUE(numbers == nullptr);
}

TEST(SharedNumbers, CopiesShareAndAClonedOneDoesNot) {
  SharedNumbers first = Floats({1});
  const SharedNumbers copy = first;
  EXPECT_EQ(copy.As<float>().data(), first.As<float>().data());
  SharedNumbers clone = first.Clone();
  clone.Mutable<float>()[0] = 2;
  EXPECT_THAT(copy.As<float>(), ElementsAre(1));
  EXPECT_THAT(clone.As<float>(), ElementsAre(2));
}

TEST(SharedNumbers, LiveAsLongAsAnybodyHoldsThem) {
  SharedNumbers last;
  {
    SharedNumbers first = Doubles({7});
    last = first;
    first = Doubles({8});
  }
  SharedNumbers moved = std::move(last);
  EXPECT_THAT(moved.As<double>(), ElementsAre(7));
  moved = *&moved;  // onto itself
  EXPECT_THAT(moved.As<double>(), ElementsAre(7));
}

TEST(SharedNumbers, AreEqualIfTheirBitsAre) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Floats({1, nan}), Floats({1, nan}));
  EXPECT_NE(Floats({0.0F}), Floats({-0.0F}));
  EXPECT_NE(Floats({1}), Floats({1, 1}));
  EXPECT_NE(Floats({0, 0}), Doubles({0})) << "as many bytes, of other numbers";
  EXPECT_NE(Floats({1}), SharedNumbers());
}

}  // namespace
}  // namespace cellar
