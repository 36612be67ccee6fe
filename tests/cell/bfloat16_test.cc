#include "server/cell/bfloat16.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace cellar {
namespace {

constexpr float kFloatInfinity = std::numeric_limits<float>::infinity();

float FromBits(uint32_t bits) { return std::bit_cast<float>(bits); }
uint32_t BitsOf(float value) { return std::bit_cast<uint32_t>(value); }

TEST(Bfloat16, ExpandedNumbersComeBackAsTheyWent) {
  for (uint32_t half = 0; half <= 0xFFFF; ++half) {
    const float expanded = FromBfloat16(static_cast<uint16_t>(half));
    EXPECT_EQ(BitsOf(expanded), half << 16);
    if (std::isnan(expanded)) continue;
    EXPECT_EQ(ToBfloat16(expanded), half);
  }
}

// Between any two neighbours, of both signs, subnormal ones and the step to infinity included.
TEST(Bfloat16, RoundsToTheNearestAndHalfwayToTheEvenOne) {
  for (const uint32_t sign : {0U, 0x8000U}) {
    for (uint32_t low = sign; low < sign + 0x7F80; ++low) {
      const uint32_t halfway = low << 16 | 0x8000;
      EXPECT_EQ(ToBfloat16(FromBits((low << 16) + 1)), low);
      EXPECT_EQ(ToBfloat16(FromBits(halfway - 1)), low);
      EXPECT_EQ(ToBfloat16(FromBits(halfway)), low % 2 == 0 ? low : low + 1);
      EXPECT_EQ(ToBfloat16(FromBits(halfway + 1)), low + 1);
      EXPECT_EQ(ToBfloat16(FromBits((low + 1) << 16)), low + 1);
    }
  }
}

TEST(Bfloat16, RoundsWhatOneCanFollowByHand) {
  EXPECT_EQ(RoundToBfloat16(1), 1);
  EXPECT_EQ(RoundToBfloat16(1.00390625F), 1) << "halfway to 1 + 1/128";
  EXPECT_EQ(RoundToBfloat16(1.01171875F), 1.015625F) << "halfway from 1 + 1/128 to 1 + 1/64";
  EXPECT_EQ(RoundToBfloat16(0.1F), 0.10009765625F);
  EXPECT_EQ(RoundToBfloat16(-100.3F), -100.5F);
  EXPECT_EQ(BitsOf(RoundToBfloat16(-0.0F)), 0x80000000);
  EXPECT_EQ(RoundToBfloat16(std::numeric_limits<float>::denorm_min()), 0);
  EXPECT_EQ(RoundToBfloat16(0x1.8p-133F), 0x1p-132F) << "subnormal, halfway";
}

TEST(Bfloat16, IsInfiniteFromHalfwayBeyondTheLargestOn) {
  EXPECT_EQ(RoundToBfloat16(kFloatInfinity), kFloatInfinity);
  EXPECT_EQ(RoundToBfloat16(-kFloatInfinity), -kFloatInfinity);
  EXPECT_EQ(RoundToBfloat16(std::nextafter(0x1.FFp127F, 0.0F)), 0x1.FEp127F);
  EXPECT_EQ(RoundToBfloat16(0x1.FFp127F), kFloatInfinity);
  EXPECT_EQ(RoundToBfloat16(-std::numeric_limits<float>::max()), -kFloatInfinity);
}

// One whose payload is all in the lower half would become infinite, or 0 of the other sign.
TEST(Bfloat16, ANanStaysOneAndBecomesQuiet) {
  for (const uint32_t bits : {0x7F800001U, 0xFF800001U, 0x7FFFFFFFU, 0xFFFFFFFFU, 0x7FC00000U}) {
    EXPECT_TRUE(std::isnan(RoundToBfloat16(FromBits(bits))));
    EXPECT_NE(BitsOf(RoundToBfloat16(FromBits(bits))) & 0x00400000, 0U);
    EXPECT_EQ(BitsOf(RoundToBfloat16(FromBits(bits))) >> 31, bits >> 31);
  }
}

}  // namespace
}  // namespace cellar
