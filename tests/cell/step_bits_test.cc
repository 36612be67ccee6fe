// The bit contract: every element written out once more, one operation after the other, with equal
// bits expected. (Whether the equations are the right ones is judged in step_test.cc, by the
// reference.)
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "server/cell/activations.h"
#include "server/cell/step.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/shown_step.h"

namespace cellar {
namespace {

namespace kernels = CELLAR_KERNEL_NAMESPACE;

constexpr uint64_t kStepBitsSeed = 31;

template <class Real>
Real Apply(Activation activation, ActivationRule rule, Real z) {
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
  return z;
}

// One chain: start, then ascending k.
template <class Real>
Real Chain(Real start, const std::vector<Real>& matrix, size_t row, const std::vector<Real>& v) {
  Real sum = start;
  for (size_t k = 0; k < v.size(); ++k) sum = std::fma(matrix[row * v.size() + k], v[k], sum);
  return sum;
}

// A step written element by element.
template <class Real>
struct Elements {
  ActivationRule rule;
  const std::vector<Real>& x;
  const CellState<Real>& before;
  CellState<Real> after;

  Real PreActivation(const GateWeights<Real>& gate, size_t j, const std::vector<Real>& h) const {
    return Chain(gate.bias[j], gate.input, j, x) + Chain(Real{0}, gate.recurrent, j, h);
  }

  Real Gate(const GateWeights<Real>& gate, size_t j) const {
    return Apply(gate.activation, rule, PreActivation(gate, j, before.h));
  }

  Real PeepholeGate(const GateWeights<Real>& gate, const std::vector<Real>& peephole, size_t j,
                    Real c) const {
    if (peephole.empty()) return Gate(gate, j);
    const Real seen = peephole[j] * c;
    return Apply(gate.activation, rule, PreActivation(gate, j, before.h) + seen);
  }

  void operator()(const LstmWeights<Real>& cell) {
    std::vector<Real> shown(cell.shape.hidden_size);
    for (size_t j = 0; j < shown.size(); ++j) {
      const Real f = PeepholeGate(cell.forget_gate, cell.forget_peephole, j, before.c[j]);
      const Real i = PeepholeGate(cell.input_gate, cell.input_peephole, j, before.c[j]);
      const Real kept = f * before.c[j];
      const Real written = i * Gate(cell.candidate, j);
      after.c[j] = kept + written;
      const Real o = PeepholeGate(cell.output_gate, cell.output_peephole, j, after.c[j]);
      shown[j] = o * Apply(cell.memory_activation, rule, after.c[j]);
    }
    if (cell.projection.empty()) {
      after.h = shown;
      return;
    }
    for (size_t j = 0; j < after.h.size(); ++j) {
      after.h[j] = Chain(Real{0}, cell.projection, j, shown);
    }
  }

  Real Mix(Real z, Real g, size_t j) const {
    const Real rest = Real{1} - z;
    const Real fresh = rest * g;
    const Real kept = z * before.h[j];
    return fresh + kept;
  }

  void operator()(const GruResetBeforeWeights<Real>& cell) {
    std::vector<Real> reset_h(before.h.size());
    for (size_t j = 0; j < reset_h.size(); ++j) {
      reset_h[j] = Gate(cell.reset_gate, j) * before.h[j];
    }
    for (size_t j = 0; j < reset_h.size(); ++j) {
      const Real g =
          Apply(cell.candidate.activation, rule, PreActivation(cell.candidate, j, reset_h));
      after.h[j] = Mix(Gate(cell.update_gate, j), g, j);
    }
  }

  void operator()(const GruResetAfterWeights<Real>& cell) {
    for (size_t j = 0; j < before.h.size(); ++j) {
      const Real inside =
          Chain(cell.candidate_recurrent_bias[j], cell.candidate.recurrent, j, before.h);
      const Real outside = Chain(cell.candidate.bias[j], cell.candidate.input, j, x);
      const Real reset = Gate(cell.reset_gate, j) * inside;
      const Real g = Apply(cell.candidate.activation, rule, outside + reset);
      after.h[j] = Mix(Gate(cell.update_gate, j), g, j);
    }
  }

  void operator()(const RnnWeights<Real>& cell) {
    for (size_t j = 0; j < after.h.size(); ++j) after.h[j] = Gate(cell.hidden, j);
  }
};

template <class Real>
class StepBitsTest : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(StepBitsTest, Reals);

TYPED_TEST(StepBitsTest, EveryOperationIsRoundedInTheOrderOfTheEquations) {
  using Real = TypeParam;
  std::mt19937_64 generator(kStepBitsSeed);
  SCOPED_TRACE("seed " + std::to_string(kStepBitsSeed));
  StepWorkspace<Real> workspace;
  for (int cell = 0; cell < 1500; ++cell) {
    const CellWeights<Real> weights = RandomCell<Real>(generator);
    Numerics numerics;
    if (cell % 3 == 0) numerics.activation_rule = ActivationRule::kSaturating;
    const CellShape& shape = ShapeOf(weights);
    const std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
    CellState<Real> state = RandomState<Real>(generator, shape);

    Elements<Real> elements = {numerics.activation_rule, x, state, state};
    std::visit(elements, weights);
    const CellState<Real> expected = elements.after;
    StepCell<Real>(weights, numerics, x, state, workspace, {});

    ASSERT_TRUE(EqualBits(state.h, expected.h)) << "cell " << cell << ", " << Describe(weights);
    ASSERT_TRUE(EqualBits(state.c, expected.c)) << "cell " << cell << ", " << Describe(weights);
  }
}

}  // namespace
}  // namespace cellar
