// Accuracy is judged against long double, whose last place is 2^-11 of a double's (or finer).
#include "server/cell/activations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <vector>

namespace cellar {
namespace {

namespace kernels = CELLAR_KERNEL_NAMESPACE;

// The tests' own limit is far below the 2 ulp of the contract: what was measured over every float
// (activations_exhaustive.cc) and 4e8 doubles, rounded up.
constexpr long double kWorstUlps = 0.9L;

template <class Real>
constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

template <class Real>
bool SameBits(Real a, Real b) {
  return std::memcmp(&a, &b, sizeof(Real)) == 0;
}

// |value - exact| in units of the last place of Real at the size of `exact`.
template <class Real>
long double ErrorInUlps(Real value, long double exact) {
  constexpr int kDigits = std::numeric_limits<Real>::digits;
  constexpr int kLeastExponent = std::numeric_limits<Real>::min_exponent;
  int exponent = kLeastExponent;
  if (exact != 0) std::frexp(exact, &exponent);
  return std::fabs(value - exact) / std::ldexp(1.0L, std::max(exponent, kLeastExponent) - kDigits);
}

long double ExactSigmoid(long double z) {
  const long double e = std::exp(-std::fabs(z));
  return z < 0 ? e / (1 + e) : 1 / (1 + e);
}

template <class Real>
struct Worst {
  long double ulps = 0;
  Real at = 0;

  void Note(Real z, Real value, long double exact) {
    const long double error = ErrorInUlps(value, exact);
    if (!(error <= ulps)) {
      ulps = error;
      at = z;
    }
  }
};

template <class Real>
void ExpectAccurate(const std::vector<Real>& points) {
  Worst<Real> sigmoid;
  Worst<Real> tanh;
  for (Real z : points) {
    sigmoid.Note(z, kernels::Sigmoid(z), ExactSigmoid(z));
    tanh.Note(z, kernels::Tanh(z), std::tanh(static_cast<long double>(z)));
  }
  EXPECT_LE(sigmoid.ulps, kWorstUlps) << "sigmoid(" << sigmoid.at << ")";
  EXPECT_LE(tanh.ulps, kWorstUlps) << "tanh(" << tanh.at << ")";
}

// `value` and the numbers next to it, of both signs.
template <class Real>
void AddAround(Real value, std::vector<Real>& points) {
  Real below = value;
  Real above = value;
  for (int i = 0; i < 20; ++i) {
    points.insert(points.end(), {below, -below, above, -above});
    below = std::nextafter(below, -kInfinity<Real>);
    above = std::nextafter(above, kInfinity<Real>);
  }
}

template <class Real>
class ActivationsTest : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(ActivationsTest, Reals);

TYPED_TEST(ActivationsTest, AreAccurateOverTheWholeCurve) {
  using Real = TypeParam;
  std::mt19937_64 generator(1);
  std::vector<Real> points;
  for (double bound : {0.01, 0.4, 1.0, 3.0, 10.0, 25.0, 110.0, 760.0}) {
    for (int i = 0; i < 100000; ++i) {
      const double unit = static_cast<double>(generator() >> 11) * 0x1p-53;
      points.push_back(static_cast<Real>((2 * unit - 1) * bound));
    }
  }
  ExpectAccurate(points);
}

TYPED_TEST(ActivationsTest, AreAccurateAtEverySize) {
  using Real = TypeParam;
  std::mt19937_64 generator(2);
  std::vector<Real> points;
  for (int exponent = -1100; exponent <= 12; ++exponent) {
    for (int i = 0; i < 200; ++i) {
      const double mantissa = 1 + static_cast<double>(generator() >> 11) * 0x1p-53;
      points.push_back(static_cast<Real>(std::ldexp(i % 2 == 0 ? mantissa : -mantissa, exponent)));
    }
  }
  ExpectAccurate(points);
}

// Where x = n ln2 + r changes its n, the clamps, and the ends of the range of results.
TYPED_TEST(ActivationsTest, AreAccurateWhereTheAlgorithmSwitches) {
  using Real = TypeParam;
  std::vector<Real> points;
  for (int half_steps = 0; half_steps <= 2160; ++half_steps) {
    AddAround(static_cast<Real>(half_steps * std::log(2.0L) / 2), points);
    AddAround(static_cast<Real>(half_steps * std::log(2.0L) / 4), points);
  }
  for (double value : {0.0, 1.0, 9.01, 10.0, 16.6, 18.7, 19.06, 20.0, 36.7, 37.4, 87.34, 103.28,
                       103.97, 104.0, 708.4, 744.4, 745.13, 746.0}) {
    AddAround(static_cast<Real>(value), points);
  }
  AddAround(std::numeric_limits<Real>::min(), points);
  AddAround(std::numeric_limits<Real>::max() / 2, points);
  ExpectAccurate(points);
}

TYPED_TEST(ActivationsTest, NeverFallWhereTheArgumentRises) {
  using Real = TypeParam;
  std::mt19937_64 generator(3);
  for (int i = 0; i < 200000; ++i) {
    const double unit = static_cast<double>(generator() >> 11) * 0x1p-53;
    const Real z = static_cast<Real>((2 * unit - 1) * (i % 2 == 0 ? 2 : 120));
    const Real next = std::nextafter(z, kInfinity<Real>);
    ASSERT_LE(kernels::Sigmoid(z), kernels::Sigmoid(next)) << z;
    ASSERT_LE(kernels::Tanh(z), kernels::Tanh(next)) << z;
  }
}

TYPED_TEST(ActivationsTest, ReachTheirLimits) {
  using Real = TypeParam;
  for (Real z : {Real{800}, std::numeric_limits<Real>::max(), kInfinity<Real>}) {
    EXPECT_TRUE(SameBits(kernels::Sigmoid(z), Real{1})) << z;
    EXPECT_TRUE(SameBits(kernels::Sigmoid(-z), Real{0})) << z;
    EXPECT_TRUE(SameBits(kernels::Tanh(z), Real{1})) << z;
    EXPECT_TRUE(SameBits(kernels::Tanh(-z), Real{-1})) << z;
  }
}

TYPED_TEST(ActivationsTest, SigmoidIsOneHalfAtBothZeros) {
  using Real = TypeParam;
  EXPECT_TRUE(SameBits(kernels::Sigmoid(Real{0}), static_cast<Real>(0.5)));
  EXPECT_TRUE(SameBits(kernels::Sigmoid(-Real{0}), static_cast<Real>(0.5)));
}

TYPED_TEST(ActivationsTest, TanhIsOddDownToItsZerosAndDenormals) {
  using Real = TypeParam;
  const Real least = std::numeric_limits<Real>::denorm_min();
  for (Real z : {Real{0}, least, 3 * least, static_cast<Real>(0.3), Real{5}, kInfinity<Real>}) {
    EXPECT_TRUE(SameBits(kernels::Tanh(-z), -kernels::Tanh(z))) << z;
  }
  EXPECT_TRUE(SameBits(kernels::Tanh(Real{0}), Real{0}));
  EXPECT_TRUE(SameBits(kernels::Tanh(-Real{0}), -Real{0}));
  EXPECT_TRUE(SameBits(kernels::Tanh(least), least));
}

TEST(Activations, SigmoidGivesDenormals) {
  EXPECT_EQ(kernels::Sigmoid(-100.0f), std::exp(-100.0f));  // 3.7835e-44, 27 least denormals
  EXPECT_EQ(kernels::Sigmoid(-100.0f), 27 * std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(kernels::Sigmoid(-103.5f), std::numeric_limits<float>::denorm_min());
  EXPECT_EQ(kernels::Sigmoid(-745.0), std::numeric_limits<double>::denorm_min());
}

TYPED_TEST(ActivationsTest, GiveTheCanonicalNanForEveryNan) {
  using Real = TypeParam;
  using Bits = std::conditional_t<sizeof(Real) == 4, uint32_t, uint64_t>;
  const Bits canonical = sizeof(Real) == 4 ? Bits{0x7fc00000} : static_cast<Bits>(0x7ff8ull << 48);
  const Bits sign = Bits{1} << (8 * sizeof(Real) - 1);
  for (Bits bits : {canonical, static_cast<Bits>(canonical | sign),
                    static_cast<Bits>(canonical + 5), static_cast<Bits>(~Bits{0})}) {
    Real nan;
    std::memcpy(&nan, &bits, sizeof(nan));
    for (Real result : {kernels::Sigmoid(nan), kernels::Tanh(nan), kernels::SaturatingSigmoid(nan),
                        kernels::SaturatingTanh(nan), kernels::Relu(nan), kernels::HardSigmoid(nan),
                        kernels::Identity(nan), kernels::CanonicalNan(nan)}) {
      EXPECT_EQ(std::memcmp(&result, &canonical, sizeof(result)), 0);
    }
  }
}

TYPED_TEST(ActivationsTest, SaturatingRuleIsExactBetweenAndConstantFromOneOn) {
  using Real = TypeParam;
  const Real below_one = std::nextafter(Real{1}, Real{0});
  for (Real z : {Real{1}, static_cast<Real>(1.5), kInfinity<Real>}) {
    EXPECT_TRUE(SameBits(kernels::SaturatingSigmoid(z), Real{1})) << z;
    EXPECT_TRUE(SameBits(kernels::SaturatingSigmoid(-z), Real{0})) << z;
    EXPECT_TRUE(SameBits(kernels::SaturatingTanh(z), Real{1})) << z;
    EXPECT_TRUE(SameBits(kernels::SaturatingTanh(-z), Real{-1})) << z;
  }
  for (Real z : {below_one, -below_one, static_cast<Real>(0.5), Real{0}, -Real{0}}) {
    EXPECT_TRUE(SameBits(kernels::SaturatingSigmoid(z), kernels::Sigmoid(z))) << z;
    EXPECT_TRUE(SameBits(kernels::SaturatingTanh(z), kernels::Tanh(z))) << z;
  }
}

TYPED_TEST(ActivationsTest, ReluKeepsThePositiveAndNeverGivesMinusZero) {
  using Real = TypeParam;
  EXPECT_EQ(kernels::Relu(Real{3}), Real{3});
  EXPECT_EQ(kernels::Relu(kInfinity<Real>), kInfinity<Real>);
  EXPECT_TRUE(SameBits(kernels::Relu(Real{-3}), Real{0}));
  EXPECT_TRUE(SameBits(kernels::Relu(-Real{0}), Real{0}));
  EXPECT_TRUE(SameBits(kernels::Relu(-kInfinity<Real>), Real{0}));
}

TYPED_TEST(ActivationsTest, HardSigmoidIsALineBetweenItsLimits) {
  using Real = TypeParam;
  EXPECT_EQ(kernels::HardSigmoid(Real{0}), static_cast<Real>(0.5));
  EXPECT_EQ(kernels::HardSigmoid(Real{1}), static_cast<Real>(0.2) + static_cast<Real>(0.5));
  EXPECT_EQ(kernels::HardSigmoid(Real{3}), Real{1});
  EXPECT_TRUE(SameBits(kernels::HardSigmoid(Real{-3}), Real{0}));
  EXPECT_EQ(kernels::HardSigmoid(kInfinity<Real>), Real{1});
  EXPECT_TRUE(SameBits(kernels::HardSigmoid(-kInfinity<Real>), Real{0}));
  // Product and sum are rounded one by one: fused, the last bit of some of these differs.
  int differs_from_fused = 0;
  for (int i = -2000; i <= 2000; ++i) {
    const Real z = static_cast<Real>(i) / 997;
    volatile Real product = static_cast<Real>(0.2) * z;
    const Real line = product + static_cast<Real>(0.5);
    ASSERT_EQ(kernels::HardSigmoid(z), line) << z;
    differs_from_fused += line != std::fma(static_cast<Real>(0.2), z, static_cast<Real>(0.5));
  }
  EXPECT_GT(differs_from_fused, 0);
}

TYPED_TEST(ActivationsTest, IdentityKeepsEveryNumber) {
  using Real = TypeParam;
  for (Real z : {Real{0}, -Real{0}, Real{7}, -kInfinity<Real>}) {
    EXPECT_TRUE(SameBits(kernels::Identity(z), z));
  }
}

}  // namespace
}  // namespace cellar
