#include "server/session/zero_states.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "server/base/shared_numbers.h"

namespace cellar {
namespace {

template <class Real>
SharedNumbers NumbersOf(const std::vector<Real>& numbers) {
  return SharedNumbers::Of<Real>(absl::MakeConstSpan(numbers));
}

template <class Real>
const void* PlaceOf(const SharedNumbers& numbers) {
  return numbers.As<Real>().data();
}

TEST(ZeroStates, ZerosOfOneSizeAndPrecisionAreKeptOnce) {
  ZeroStates states;
  const SharedNumbers first = states.Share(NumbersOf<float>({0, 0, 0}));
  EXPECT_EQ(PlaceOf<float>(states.Share(NumbersOf<float>({0, 0, 0}))), PlaceOf<float>(first));
  EXPECT_EQ(states.Share(NumbersOf<float>({0, 0})), NumbersOf<float>({0, 0}));
  EXPECT_EQ(states.Share(NumbersOf<double>({0, 0, 0})), NumbersOf<double>({0, 0, 0}));
  EXPECT_EQ(states.count(), 3);
}

TEST(ZeroStates, WhatHasOtherBitsStaysWhatItIs) {
  ZeroStates states;
  states.Share(NumbersOf<float>({0, 0})).count();
  states.Share(NumbersOf<double>({0, 0})).count();
  for (const std::vector<float>& numbers : {std::vector<float>{0, 1e-45F}, {-0.0F, 0}, {1, 2}}) {
    const SharedNumbers given = NumbersOf(numbers);
    EXPECT_EQ(PlaceOf<float>(states.Share(given)), PlaceOf<float>(given));
  }
  const SharedNumbers negative = NumbersOf<double>({0, -0.0});
  EXPECT_EQ(PlaceOf<double>(states.Share(negative)), PlaceOf<double>(negative));
  EXPECT_EQ(states.count(), 2);
}

TEST(ZeroStates, LargeOnesAreNotKept) {
  ZeroStates states;
  for (const int64_t size : {1024, 1025}) states.Share(NumbersOf(std::vector<float>(size)));
  EXPECT_EQ(states.count(), 1) << "4 KiB are, and more are not";
}

TEST(ZeroStates, KeepsABoundedNumberOfThem) {
  ZeroStates states;
  for (int64_t size = 1; size <= 1000; ++size) {
    const std::vector<float> zeros(static_cast<size_t>(size));
    EXPECT_EQ(states.Share(NumbersOf(zeros)), NumbersOf(zeros));
  }
  EXPECT_LT(states.count(), 1000);
}

}  // namespace
}  // namespace cellar
