#include "server/cell/numerics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

namespace cellar {
namespace {

template <class Real>
class NumericsTest : public testing::Test {};
using NumericsReals = testing::Types<float, double>;
TYPED_TEST_SUITE(NumericsTest, NumericsReals);

TYPED_TEST(NumericsTest, RoundToTheNearestIntegerTiesTowardsZero) {
  using Real = TypeParam;
  const Real half = static_cast<Real>(0.5);
  const Real above_half = std::nextafter(half, Real{1});
  const Real below_half = std::nextafter(half, Real{0});
  const Real big = std::ldexp(Real{1}, std::numeric_limits<Real>::digits - 1);
  const std::vector<std::pair<Real, Real>> cases = {
      {0, 0},
      {half, 0},
      {above_half, 1},
      {below_half, 0},
      {1, 1},
      {static_cast<Real>(1.5), 1},
      {static_cast<Real>(2.5), 2},
      {static_cast<Real>(3.5), 3},
      {static_cast<Real>(1.75), 2},
      {static_cast<Real>(1.25), 1},
      {big / 2 - half, big / 2 - 1},
      {big - half, big - 1},
      {big, big},
      {big + 1, big + 1},
      {3 * big, 3 * big},
      {std::numeric_limits<Real>::denorm_min(), 0},
      {std::numeric_limits<Real>::infinity(), std::numeric_limits<Real>::infinity()}};
  for (const auto& [value, rounded] : cases) {
    EXPECT_EQ(RoundTiesToZero(value), rounded) << value;
    EXPECT_EQ(RoundTiesToZero(-value), -rounded) << -value;
    EXPECT_EQ(std::signbit(RoundTiesToZero(-value)), rounded != 0) << -value;
  }
}

TYPED_TEST(NumericsTest, MakeOneNanOfAll) {
  using Real = TypeParam;
  using Bits = std::conditional_t<sizeof(Real) == 4, uint32_t, uint64_t>;
  const Bits canonical = sizeof(Real) == 4 ? Bits{0x7fc00000} : static_cast<Bits>(0x7ff8ull << 48);
  const Bits sign = Bits{1} << (8 * sizeof(Real) - 1);
  for (const Bits bits : {canonical, static_cast<Bits>(canonical | sign),
                          static_cast<Bits>(canonical + 5), static_cast<Bits>(~Bits{0})}) {
    Real nan;
    std::memcpy(&nan, &bits, sizeof(nan));
    for (const Real result : {CanonicalNan(nan), RoundTiesToZero(nan)}) {
      EXPECT_EQ(std::memcmp(&result, &canonical, sizeof(result)), 0);
    }
  }
  EXPECT_EQ(CanonicalNan(Real{-3}), Real{-3});
  EXPECT_TRUE(std::signbit(CanonicalNan(-Real{0})));
}

}  // namespace
}  // namespace cellar
