// Every cell and option against the independent reference, whose bounds are the tolerance.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "server/cell/step.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/reference_cell.h"
#include "tests/testing/shown_step.h"

namespace cellar {
namespace {

constexpr uint64_t kReferenceSeed = 7;

std::vector<double> Doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}
std::vector<double> Doubles(const std::vector<double>& values) { return values; }

template <class Real>
ReferenceGate ToReference(const GateWeights<Real>& gate) {
  return {Doubles(gate.input), Doubles(gate.recurrent), Doubles(gate.bias),
          static_cast<ReferenceActivation>(gate.activation)};
}

template <class Real>
struct ToReferenceCell {
  ReferenceCell operator()(const LstmWeights<Real>& cell) const {
    ReferenceCell reference;
    reference.kind = ReferenceKind::kLstm;
    reference.gates = {ToReference(cell.forget_gate), ToReference(cell.input_gate),
                       ToReference(cell.output_gate), ToReference(cell.candidate)};
    reference.forget_peephole = Doubles(cell.forget_peephole);
    reference.input_peephole = Doubles(cell.input_peephole);
    reference.output_peephole = Doubles(cell.output_peephole);
    reference.projection = Doubles(cell.projection);
    reference.memory_activation = static_cast<ReferenceActivation>(cell.memory_activation);
    return reference;
  }
  ReferenceCell operator()(const GruResetBeforeWeights<Real>& cell) const {
    ReferenceCell reference;
    reference.kind = ReferenceKind::kGruResetBefore;
    reference.gates = {ToReference(cell.update_gate), ToReference(cell.reset_gate),
                       ToReference(cell.candidate)};
    return reference;
  }
  ReferenceCell operator()(const GruResetAfterWeights<Real>& cell) const {
    ReferenceCell reference;
    reference.kind = ReferenceKind::kGruResetAfter;
    reference.gates = {ToReference(cell.update_gate), ToReference(cell.reset_gate),
                       ToReference(cell.candidate)};
    reference.candidate_recurrent_bias = Doubles(cell.candidate_recurrent_bias);
    return reference;
  }
  ReferenceCell operator()(const RnnWeights<Real>& cell) const {
    ReferenceCell reference;
    reference.kind = ReferenceKind::kRnn;
    reference.gates = {ToReference(cell.hidden)};
    return reference;
  }
};

// A bound this wide comes from a tie or from where the saturating rule jumps: reaching it is
// nothing to tell.
constexpr long double kLeastJump = 0.2L;

// Collects comparisons; keeps the element that comes nearest to its bound, or exceeds it most.
class Comparison {
 public:
  template <class Real>
  void Compare(const std::string& name, const std::vector<Real>& values,
               const BoundedVector& reference) {
    ASSERT_EQ(values.size(), reference.size()) << name;
    for (size_t i = 0; i < values.size(); ++i) {
      const long double error = std::fabs(values[i] - reference[i].value);
      const long double share = error == 0 ? 0 : error / reference[i].error;
      agrees_ = agrees_ && Agrees(values[i], reference[i]);
      const bool at_jump = reference[i].error > kLeastJump && share <= 1;
      if (!at_jump && !(share <= worst_share_)) {
        worst_share_ = share;
        worst_ = name + "[" + std::to_string(i) + "] = " + testing::PrintToString(values[i]) +
                 ", reference " + std::to_string(reference[i].value) + ", " +
                 std::to_string(share) + " of its bound";
      }
    }
  }
  bool agrees() const { return agrees_; }
  const std::string& worst() const { return worst_; }
  long double worst_share() const { return worst_share_; }

 private:
  bool agrees_ = true;
  long double worst_share_ = 0;
  std::string worst_ = "no difference";
};

template <class Real>
void CompareStep(const CellShape& shape, const ShownStep<Real>& shown, const CellState<Real>& state,
                 const ReferenceStep& reference, Comparison& comparison) {
  comparison.Compare("unrounded_h", shown.unrounded_h, reference.unrounded_h);
  comparison.Compare("h", shown.h, reference.reported_h);
  comparison.Compare("state.h", state.h, reference.state_h);
  comparison.Compare("state.c", state.c, reference.c);
  if (shape.kind == CellKind::kLstm) {
    comparison.Compare("c", shown.c, reference.c);
    comparison.Compare("forget_gate", shown.forget_gate, reference.gates[0]);
    comparison.Compare("input_gate", shown.input_gate, reference.gates[1]);
    comparison.Compare("output_gate", shown.output_gate, reference.gates[2]);
    comparison.Compare("candidate", shown.candidate, reference.gates[3]);
  } else if (shape.kind != CellKind::kRnn) {
    comparison.Compare("update_gate", shown.update_gate, reference.gates[0]);
    comparison.Compare("reset_gate", shown.reset_gate, reference.gates[1]);
    comparison.Compare("candidate", shown.candidate, reference.gates[2]);
  }
}

// Each step is judged from the state it started from, so that rounding cannot set two paths apart.
template <class Real>
void ExpectAgreement(CellKind kind) {
  std::mt19937_64 generator(kReferenceSeed + static_cast<uint64_t>(kind));
  SCOPED_TRACE("seed " + std::to_string(kReferenceSeed) + " + kind");
  StepWorkspace<Real> workspace;
  Comparison comparison;
  for (int cell = 0; cell < 300; ++cell) {
    const CellWeights<Real> weights = RandomCell<Real>(generator, {.kind = kind});
    const Numerics numerics = RandomNumerics<Real>(generator);
    const CellShape& shape = ShapeOf(weights);
    ReferenceCell reference = std::visit(ToReferenceCell<Real>(), weights);
    reference.hidden_size = shape.hidden_size;
    const ReferenceRules rules = {
        .saturating = numerics.activation_rule == ActivationRule::kSaturating,
        .rounding = numerics.rounding == Rounding::kNearestTiesToZero,
        .feedback = numerics.rounding_scope == RoundingScope::kFeedback,
        .epsilon = std::numeric_limits<Real>::epsilon(),
        .least = std::numeric_limits<Real>::denorm_min()};
    CellState<Real> state = RandomState<Real>(generator, shape);
    for (int step = 0; step < 3; ++step) {
      const std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
      const ReferenceStep expected =
          StepReference(reference, rules, Doubles(x), {Doubles(state.h), Doubles(state.c)});
      ShownStep<Real> shown(shape);
      StepCell<Real>(weights, numerics, x, state, workspace, shown.Trace());
      CompareStep(shape, shown, state, expected, comparison);
      ASSERT_TRUE(comparison.agrees())
          << comparison.worst() << "; cell " << cell << ", " << Describe(weights);
    }
  }
  // A bound that is never come near to would not find anything.
  EXPECT_GT(comparison.worst_share(), 0.05L) << comparison.worst();
  std::printf("worst element: %s\n", comparison.worst().c_str());
}

template <class Real>
class StepReferenceTest : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(StepReferenceTest, Reals);

TYPED_TEST(StepReferenceTest, LstmAgreesWithTheReference) {
  ExpectAgreement<TypeParam>(CellKind::kLstm);
}
TYPED_TEST(StepReferenceTest, GruResetBeforeAgreesWithTheReference) {
  ExpectAgreement<TypeParam>(CellKind::kGruResetBefore);
}
TYPED_TEST(StepReferenceTest, GruResetAfterAgreesWithTheReference) {
  ExpectAgreement<TypeParam>(CellKind::kGruResetAfter);
}
TYPED_TEST(StepReferenceTest, RnnAgreesWithTheReference) {
  ExpectAgreement<TypeParam>(CellKind::kRnn);
}

}  // namespace
}  // namespace cellar
