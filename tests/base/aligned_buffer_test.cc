#include "server/base/aligned_buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <utility>

namespace cellar {
namespace {

template <class Value>
bool IsAligned(const AlignedBuffer<Value>& buffer) {
  return reinterpret_cast<uintptr_t>(buffer.data()) % kCacheLineBytes == 0;
}

TEST(AlignedBuffer, StartsOnACacheLineWithZeros) {
  for (const std::size_t size : {1, 3, 1000, 1 << 20}) {
    const AlignedBuffer<float> buffer(size);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_TRUE(IsAligned(buffer));
    EXPECT_TRUE(
        std::all_of(buffer.data(), buffer.data() + size, [](float value) { return value == 0; }));
  }
}

TEST(AlignedBuffer, IsEmptyUntilGivenASize) {
  const AlignedBuffer<double> buffer;
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.data(), nullptr);
}

TEST(AlignedBuffer, MovesItsMemory) {
  AlignedBuffer<int> from(10);
  from.data()[3] = 7;
  const int* const memory = from.data();
  const AlignedBuffer<int> to = std::move(from);
  EXPECT_EQ(to.data(), memory);
  EXPECT_EQ(to.size(), 10u);
}

TEST(AlignedBuffer, RefusesMoreThanThereIs) {
  EXPECT_THROW(AllocateAligned(std::numeric_limits<std::size_t>::max() - 5), std::bad_alloc);
}

}  // namespace
}  // namespace cellar
