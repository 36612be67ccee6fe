#include "server/base/shared_numbers.h"

#include <cstdint>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::Each;
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

TEST(SharedNumbers, OfAllLengthsComeAndGo) {
  // More of each length than a thread keeps the memory of, and lengths that it keeps none of.
  for (int round = 0; round < 2; ++round) {
    std::vector<SharedNumbers> all;
    for (int64_t count = 0; count < 300; ++count) {
      for (int copy = 0; copy < 40; ++copy) {
        all.push_back(Floats(std::vector<float>(count, static_cast<float>(count + copy))));
      }
    }
    for (int64_t k = 0; k < 300 * 40; ++k) {
      const float number = static_cast<float>(k / 40 + k % 40);
      EXPECT_THAT(all[k].As<float>(), Each(number)) << k;
      EXPECT_EQ(all[k].count(), k / 40);
    }
  }
}

TEST(SharedNumbers, MayEndOnAnotherThread) {
  for (int round = 0; round < 100; ++round) {
    SharedNumbers shared = Floats({1, 2});
    std::thread other([shared] { EXPECT_THAT(shared.As<float>(), ElementsAre(1, 2)); });
    shared = Floats({3, 4});
    EXPECT_THAT(shared.As<float>(), ElementsAre(3, 4));
    other.join();
  }
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
