// Every instruction set of this machine gives the bits of the definition (step.cc), in every way a
// step can be had: thousands of random cells, and the activations one by one.
#include "server/cell/row_kernels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "server/base/aligned_buffer.h"
#include "server/cell/activations.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/row_batch.h"

namespace cellar {
namespace {

namespace kernels = CELLAR_KERNEL_NAMESPACE;

constexpr uint64_t kRowKernelsSeed = 20251125;
constexpr int kCellCount = 3000;
constexpr int kStepCount = 3;

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

// Mostly small; sometimes of several panels, which are up to 128 rows.
int64_t RandomMaxSize(std::mt19937_64& generator) {
  if (generator() % 50 == 0) return 300;
  return generator() % 4 == 0 ? 70 : 20;
}

// How a step is had of the kernels of one target.
struct Way {
  bool sums_given;  // the inputs multiplied beforehand
  bool in_parts;    // every phase cut between panels
};
constexpr Way kWays[] = {{false, false}, {false, true}, {true, false}, {true, true}};

std::string Describe(const Way& way) {
  return std::string(way.sums_given ? "sums given, " : "") + (way.in_parts ? "in parts" : "whole");
}

// One step of every row of `batch`; `cuts` says where it is cut.
template <class Real>
void StepBy(const Way& way, KernelTarget target, const PackedCell<Real>& cell,
            const Numerics& numerics, std::mt19937_64& cuts, RowBatch<Real>& batch,
            RowsWorkspace<Real>& workspace) {
  const RowKernels<Real>& kernels = RowKernelsOf<Real>(target);
  std::vector<StepRow<Real>> rows = batch.Rows();
  AlignedBuffer<Real> sums;
  if (way.sums_given) {
    const std::vector<Real> x = batch.X();
    const int64_t length = InputSumsLength(cell);
    sums = AlignedBuffer<Real>(static_cast<size_t>(batch.size() * length));
    for (const BlockRange& part :
         RandomParts(cuts, cell.input.blocks(), PanelBlocks(cell.input.gates()))) {
      kernels.multiply_inputs(cell, x.data(), batch.size(), part, sums.data());
    }
    for (int64_t row = 0; row < batch.size(); ++row) {
      rows[row].x = nullptr;
      rows[row].input_sums = sums.data() + row * length;
    }
  }
  if (!way.in_parts) return StepRowsOn<Real>(target, cell, numerics, rows, workspace);
  FitWorkspace(cell, batch.size(), workspace);
  for (int phase = 0; phase < PhaseCount(cell); ++phase) {
    for (const BlockRange& part :
         RandomParts(cuts, PhaseBlocks(cell, phase), PhasePanelBlocks(cell, phase))) {
      (phase == 0 ? kernels.first_phase : kernels.second_phase)(
          {cell, numerics.activation_rule, rows.data(), batch.size(), part, workspace});
    }
  }
  FinishRows<Real>(cell, numerics, rows, workspace);
}

// On every target of this machine and in every way: `expected`.
template <class Real>
void ExpectOnEveryTarget(const PackedCell<Real>& cell, const Numerics& numerics,
                         const RowBatch<Real>& before, const RowBatch<Real>& expected,
                         std::mt19937_64& cuts, RowsWorkspace<Real>& workspace) {
  for (const KernelTarget target : kAllTargets) {
    if (!RunsHere(target)) continue;
    for (const Way& way : kWays) {
      RowBatch<Real> got = before;
      StepBy(way, target, cell, numerics, cuts, got, workspace);
      ASSERT_TRUE(EqualBits(got.Everything(), expected.Everything()))
          << NameOf(target) << ", " << Describe(way);
    }
  }
}

template <class How>
class RowKernelsTest : public testing::Test {};
using Hows = testing::Types<Stored<float>, Stored<double>, Stored<float, WeightStorage::kBfloat16>>;
TYPED_TEST_SUITE(RowKernelsTest, Hows);

// Of what is stored as bfloat16: the bits of the rounded weights.
TYPED_TEST(RowKernelsTest, GiveTheBitsOfTheDefinitionOnEveryTarget) {
  using Real = typename TypeParam::Real;
  std::mt19937_64 generator(kRowKernelsSeed);
  SCOPED_TRACE("seed " + std::to_string(kRowKernelsSeed));
  std::mt19937_64 cuts(kRowKernelsSeed);
  RowsWorkspace<Real> workspace;
  for (int cell = 0; cell < kCellCount; ++cell) {
    const PackedCell<Real> packed = PackCell(
        RandomCell<Real>(generator, {.max_size = RandomMaxSize(generator)}), TypeParam::kStorage);
    const CellWeights<Real> weights = UnpackCell(packed);
    const Numerics numerics = RandomNumerics<Real>(generator);
    const int64_t row_count = generator() % 2 == 0 ? 1 : 1 + static_cast<int64_t>(generator() % 11);
    RowBatch<Real> before(generator, ShapeOf(weights), row_count);
    for (int step = 0; step < kStepCount; ++step) {
      for (std::vector<Real>& x : before.inputs) Spoil(generator, x);
      RowBatch<Real> expected = before;
      expected.StepByDefinition(weights, numerics);
      ExpectOnEveryTarget(packed, numerics, before, expected, cuts, workspace);
      ASSERT_FALSE(this->HasFatalFailure()) << "cell " << cell << ", step " << step << ", rows "
                                            << row_count << ", " << Describe(weights);
      before = expected;
    }
  }
}

// So many columns that every chain is saved and loaded again on the way (kStripBytes), as often as
// panels of these sizes do it on any target and however the weights are stored.
TYPED_TEST(RowKernelsTest, GiveTheBitsOfTheDefinitionOverManyColumns) {
  using Real = typename TypeParam::Real;
  std::mt19937_64 generator(kRowKernelsSeed);
  SCOPED_TRACE("seed " + std::to_string(kRowKernelsSeed));
  std::mt19937_64 cuts(kRowKernelsSeed);
  RowsWorkspace<Real> workspace;
  for (const CellKind kind :
       {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    for (const int64_t row_count : {2, 9, 35}) {
      const int64_t odd = row_count % 2;
      const int64_t input_size = 1400 + 2 * static_cast<int64_t>(generator() % 400) + odd;
      // A panel of an RNN has four times the rows of one of an LSTM.
      const int64_t hidden_size = kind == CellKind::kRnn ? 130 : 40;
      const PackedCell<Real> packed = PackCell(
          RandomCell<Real>(generator,
                           {.kind = kind, .input_size = input_size, .hidden_size = hidden_size}),
          TypeParam::kStorage);
      const CellWeights<Real> weights = UnpackCell(packed);
      const Numerics numerics = RandomNumerics<Real>(generator);
      const RowBatch<Real> before(generator, ShapeOf(weights), row_count);
      RowBatch<Real> expected = before;
      expected.StepByDefinition(weights, numerics);
      ExpectOnEveryTarget(packed, numerics, before, expected, cuts, workspace);
      ASSERT_FALSE(this->HasFatalFailure()) << "rows " << row_count << ", " << Describe(weights);
    }
  }
}

// ---- Activations ----

template <class Real>
Real Define(Activation activation, ActivationRule rule, Real z) {
  const bool saturating = rule == ActivationRule::kSaturating;
  switch (activation) {
    case Activation::kSigmoid:
      return saturating ? kernels::SaturatingSigmoid(z) : kernels::Sigmoid(z);
    case Activation::kTanh:
      return saturating ? kernels::SaturatingTanh(z) : kernels::Tanh(z);
    case Activation::kRelu:
      return kernels::Relu(z);
    case Activation::kHardSigmoid:
      return kernels::HardSigmoid(z);
    case Activation::kIdentity:
      break;
  }
  return kernels::Identity(z);
}

// Numbers of every size, and those around which the functions change their ways.
template <class Real>
std::vector<Real> ManyNumbers(std::mt19937_64& generator) {
  using F = kernels::Format<Real>;
  constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
  std::vector<Real> numbers = {std::numeric_limits<Real>::quiet_NaN()};
  const auto add_both = [&numbers](Real z) {
    numbers.push_back(z);
    numbers.push_back(-z);
  };
  for (const Real edge : {Real{0}, Real{1}, F::kNormalLimit, F::kSigmoidLimit, F::kTanhLimit,
                          std::numeric_limits<Real>::denorm_min(), std::numeric_limits<Real>::min(),
                          std::numeric_limits<Real>::max(), kInfinity}) {
    add_both(edge);
    add_both(std::nextafter(edge, Real{0}));
    add_both(std::nextafter(edge, kInfinity));
  }
  for (int i = 0; i < 200000; ++i) {
    const double unit = static_cast<double>(generator() >> 11) * 0x1p-53;
    add_both(static_cast<Real>(unit * std::exp2(static_cast<int>(generator() % 24) - 12)));
    add_both(kernels::FromBits<Real>(static_cast<typename F::Bits>(generator())));
  }
  // By size, so that vectors of small numbers go the way of small numbers; then as drawn, mixed.
  std::vector<Real> ordered = numbers;
  std::sort(ordered.begin() + 1, ordered.end(), [](Real a, Real b) {
    return std::isnan(a) ? !std::isnan(b) : std::fabs(a) < std::fabs(b);
  });
  numbers.insert(numbers.end(), ordered.begin(), ordered.end());
  return numbers;
}

template <class Real>
class RowActivationsTest : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(RowActivationsTest, Reals);

TYPED_TEST(RowActivationsTest, ApplyTheDefinedActivationsOnEveryTarget) {
  using Real = TypeParam;
  std::mt19937_64 generator(kRowKernelsSeed);
  SCOPED_TRACE("seed " + std::to_string(kRowKernelsSeed));
  const std::vector<Real> numbers = ManyNumbers<Real>(generator);
  for (Activation activation : {Activation::kSigmoid, Activation::kTanh, Activation::kRelu,
                                Activation::kHardSigmoid, Activation::kIdentity}) {
    for (ActivationRule rule : {ActivationRule::kExact, ActivationRule::kSaturating}) {
      std::vector<Real> expected = numbers;
      for (Real& value : expected) value = Define(activation, rule, value);
      for (const KernelTarget target : kAllTargets) {
        if (!RunsHere(target)) continue;
        std::vector<Real> got = numbers;
        RowKernelsOf<Real>(target).activate(activation, rule, static_cast<int64_t>(got.size()),
                                            got.data());
        EXPECT_TRUE(EqualBits(got, expected))
            << NameOf(target) << ", activation " << static_cast<int>(activation);
      }
    }
  }
}

}  // namespace
}  // namespace cellar
