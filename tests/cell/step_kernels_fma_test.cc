// The vector instructions give the bits of the portable code: thousands of random cells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "server/cell/dispatch.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/shown_step.h"

namespace cellar {
namespace {

constexpr uint64_t kSeed = 20240917;
constexpr int kCellCount = 3000;
constexpr int kStepCount = 4;

// Now and then something nobody should feed: it must come out the same all the same.
template <class Real>
void Spoil(std::mt19937_64& generator, std::vector<Real>& x) {
  static constexpr Real kSpecial[] = {std::numeric_limits<Real>::quiet_NaN(),
                                      -std::numeric_limits<Real>::quiet_NaN(),
                                      std::numeric_limits<Real>::infinity(),
                                      -std::numeric_limits<Real>::infinity(),
                                      std::numeric_limits<Real>::max(),
                                      std::numeric_limits<Real>::denorm_min(),
                                      Real{100},
                                      Real{-100}};
  if (generator() % 4 == 0) x[generator() % x.size()] = kSpecial[generator() % 8];
}

template <class Real>
class StepKernelsFmaTest : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(StepKernelsFmaTest, Reals);

TYPED_TEST(StepKernelsFmaTest, GiveTheBitsOfThePortableKernels) {
  using Real = TypeParam;
  if (!RunsHere(KernelTarget::kFma)) GTEST_SKIP() << "this processor has no AVX2 and FMA";
  std::mt19937_64 generator(kSeed);
  SCOPED_TRACE("seed " + std::to_string(kSeed));
  StepWorkspace<Real> portable_workspace;
  StepWorkspace<Real> fma_workspace;
  for (int cell = 0; cell < kCellCount; ++cell) {
    const CellWeights<Real> weights = RandomCell<Real>(generator);
    const Numerics numerics = RandomNumerics<Real>(generator);
    const CellShape& shape = ShapeOf(weights);
    CellState<Real> portable = RandomState<Real>(generator, shape);
    CellState<Real> fma = portable;
    for (int step = 0; step < kStepCount; ++step) {
      std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
      Spoil(generator, x);
      ShownStep<Real> portable_shown(shape);
      ShownStep<Real> fma_shown(shape);
      StepCellOn<Real>(KernelTarget::kPortable, weights, numerics, x, portable, portable_workspace,
                       portable_shown.Trace());
      StepCellOn<Real>(KernelTarget::kFma, weights, numerics, x, fma, fma_workspace,
                       fma_shown.Trace());
      ASSERT_TRUE(EqualBits(portable_shown.Everything(), fma_shown.Everything()))
          << "cell " << cell << ", step " << step << ", " << Describe(weights);
      ASSERT_TRUE(EqualBits(portable.h, fma.h) && EqualBits(portable.c, fma.c))
          << "cell " << cell << ", step " << step << ", " << Describe(weights);
    }
  }
}

// Long vectors, so that the activations run through whole vectors and their rests.
TYPED_TEST(StepKernelsFmaTest, GiveTheBitsOfThePortableActivations) {
  using Real = TypeParam;
  if (!RunsHere(KernelTarget::kFma)) GTEST_SKIP() << "this processor has no AVX2 and FMA";
  std::mt19937_64 generator(kSeed);
  const int64_t size = 1003;
  for (Activation activation : {Activation::kSigmoid, Activation::kTanh, Activation::kRelu,
                                Activation::kHardSigmoid, Activation::kIdentity}) {
    for (ActivationRule rule : {ActivationRule::kExact, ActivationRule::kSaturating}) {
      RnnWeights<Real> cell;  // z = b
      cell.shape = {CellKind::kRnn, 1, size, size};
      cell.hidden.input.assign(size, Real{0});
      cell.hidden.recurrent.assign(size * size, Real{0});
      cell.hidden.activation = activation;
      for (int64_t i = 0; i < size; ++i) {
        const double unit = static_cast<double>(generator() >> 11) * 0x1p-53;
        cell.hidden.bias.push_back(
            static_cast<Real>((2 * unit - 1) * std::exp2(static_cast<int>(generator() % 20) - 9)));
      }
      const CellWeights<Real> weights = cell;
      const std::vector<Real> x = {0};
      CellState<Real> portable = ZeroState<Real>(cell.shape);
      CellState<Real> fma = portable;
      StepWorkspace<Real> workspace;
      const Numerics numerics = {.activation_rule = rule};
      StepCellOn<Real>(KernelTarget::kPortable, weights, numerics, x, portable, workspace, {});
      StepCellOn<Real>(KernelTarget::kFma, weights, numerics, x, fma, workspace, {});
      EXPECT_TRUE(EqualBits(portable.h, fma.h)) << static_cast<int>(activation);
    }
  }
}

}  // namespace
}  // namespace cellar
