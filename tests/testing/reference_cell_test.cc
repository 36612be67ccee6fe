// The reference is judged by numbers worked out by hand.
#include "tests/testing/reference_cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace cellar {
namespace {

constexpr ReferenceRules kPlain = {.epsilon = 0x1p-52, .least = 0x1p-1074};

ReferenceGate ScalarGate(double input, double recurrent, double bias,
                         ReferenceActivation activation) {
  return {{input}, {recurrent}, {bias}, activation};
}

// The identity everywhere, so that a step can be followed by hand.
ReferenceCell LinearLstm() {
  ReferenceCell cell;
  cell.kind = ReferenceKind::kLstm;
  cell.hidden_size = 1;
  cell.gates = {ScalarGate(1, 0, 1, ReferenceActivation::kIdentity),   // f = x + 1
                ScalarGate(0, 1, 2, ReferenceActivation::kIdentity),   // i = h + 2
                ScalarGate(2, 0, 0, ReferenceActivation::kIdentity),   // o = 2 x
                ScalarGate(1, 1, 0, ReferenceActivation::kIdentity)};  // g = x + h
  cell.memory_activation = ReferenceActivation::kIdentity;
  return cell;
}

TEST(ReferenceCell, StepsALinearLstm) {
  // x = 3, h = 5, c = 7: f = 4, i = 7, o = 6, g = 8; c = 4 * 7 + 7 * 8, h = 6 c.
  const ReferenceStep step = StepReference(LinearLstm(), kPlain, {3}, {{5}, {7}});
  EXPECT_EQ(step.gates[0][0].value, 4);
  EXPECT_EQ(step.gates[1][0].value, 7);
  EXPECT_EQ(step.gates[2][0].value, 6);
  EXPECT_EQ(step.gates[3][0].value, 8);
  EXPECT_EQ(step.c[0].value, 84);
  EXPECT_EQ(step.state_h[0].value, 504);
}

TEST(ReferenceCell, ShowsTheOldMemoryToForgetAndInputAndTheNewOneToOutput) {
  ReferenceCell cell = LinearLstm();
  cell.forget_peephole = {1};
  cell.input_peephole = {10};
  cell.output_peephole = {100};
  // f = 4 + 7, i = 7 + 70, c = 11 * 7 + 77 * 8, o = 6 + 100 c.
  const ReferenceStep step = StepReference(cell, kPlain, {3}, {{5}, {7}});
  EXPECT_EQ(step.c[0].value, 693);
  EXPECT_EQ(step.gates[2][0].value, 69306);
}

TEST(ReferenceCell, ProjectsWhatIsShown) {
  ReferenceCell cell = LinearLstm();
  cell.projection = {0.5};
  EXPECT_EQ(StepReference(cell, kPlain, {3}, {{5}, {7}}).state_h[0].value, 252);
}

ReferenceCell LinearGru(ReferenceKind kind) {
  ReferenceCell cell;
  cell.kind = kind;
  cell.hidden_size = 1;
  cell.gates = {ScalarGate(1, 0, 0, ReferenceActivation::kIdentity),    // z = x
                ScalarGate(0, 1, 0, ReferenceActivation::kIdentity),    // r = h
                ScalarGate(1, 10, 4, ReferenceActivation::kIdentity)};  // g
  cell.candidate_recurrent_bias = {100};
  return cell;
}

TEST(ReferenceCell, StepsAGruThatResetsBefore) {
  // x = 3, h = 5: g = 3 + 4 + 10 * (5 * 5); h = (1 - 3) g + 3 * 5.
  const ReferenceStep step =
      StepReference(LinearGru(ReferenceKind::kGruResetBefore), kPlain, {3}, {{5}, {}});
  EXPECT_EQ(step.gates[2][0].value, 257);
  EXPECT_EQ(step.state_h[0].value, -499);
}

TEST(ReferenceCell, StepsAGruThatResetsAfter) {
  // g = 3 + 4 + 5 * (10 * 5 + 100); h = (1 - 3) g + 3 * 5.
  const ReferenceStep step =
      StepReference(LinearGru(ReferenceKind::kGruResetAfter), kPlain, {3}, {{5}, {}});
  EXPECT_EQ(step.gates[2][0].value, 757);
  EXPECT_EQ(step.state_h[0].value, -1499);
}

ReferenceCell Rnn(ReferenceActivation activation) {
  ReferenceCell cell;
  cell.kind = ReferenceKind::kRnn;
  cell.hidden_size = 1;
  cell.gates = {ScalarGate(1, 0, 0, activation)};
  return cell;
}

double RnnAt(ReferenceActivation activation, const ReferenceRules& rules, double x) {
  return static_cast<double>(
      StepReference(Rnn(activation), rules, {x}, {{0}, {}}).state_h[0].value);
}

TEST(ReferenceCell, AppliesEveryActivation) {
  EXPECT_DOUBLE_EQ(RnnAt(ReferenceActivation::kSigmoid, kPlain, 1), 0.73105857863000487925);
  EXPECT_DOUBLE_EQ(RnnAt(ReferenceActivation::kTanh, kPlain, 1), 0.76159415595576488812);
  EXPECT_EQ(RnnAt(ReferenceActivation::kRelu, kPlain, -1), 0);
  EXPECT_EQ(RnnAt(ReferenceActivation::kRelu, kPlain, 2), 2);
  EXPECT_DOUBLE_EQ(RnnAt(ReferenceActivation::kHardSigmoid, kPlain, 1), 0.7);
  EXPECT_EQ(RnnAt(ReferenceActivation::kHardSigmoid, kPlain, 9), 1);
  EXPECT_EQ(RnnAt(ReferenceActivation::kIdentity, kPlain, -9), -9);
}

TEST(ReferenceCell, SaturatesOutsideOfOne) {
  ReferenceRules rules = kPlain;
  rules.saturating = true;
  EXPECT_EQ(RnnAt(ReferenceActivation::kSigmoid, rules, 1.25), 1);
  EXPECT_EQ(RnnAt(ReferenceActivation::kSigmoid, rules, -1.25), 0);
  EXPECT_EQ(RnnAt(ReferenceActivation::kTanh, rules, -1.25), -1);
  EXPECT_DOUBLE_EQ(RnnAt(ReferenceActivation::kTanh, rules, 0.5), std::tanh(0.5));
}

TEST(ReferenceCell, RoundsWhatIsReportedAndFeedsItBackIfAsked) {
  ReferenceRules rules = kPlain;
  rules.rounding = true;
  const ReferenceCell cell = Rnn(ReferenceActivation::kIdentity);
  const ReferenceStep report = StepReference(cell, rules, {1.75}, {{0}, {}});
  EXPECT_EQ(report.reported_h[0].value, 2);
  EXPECT_EQ(report.state_h[0].value, 1.75);
  rules.feedback = true;
  EXPECT_EQ(StepReference(cell, rules, {1.75}, {{0}, {}}).state_h[0].value, 2);
  EXPECT_EQ(StepReference(cell, rules, {-1.25}, {{0}, {}}).state_h[0].value, -1);
}

TEST(ReferenceCell, BoundsTheErrorByEpsilonAndSize) {
  const ReferenceStep one =
      StepReference(Rnn(ReferenceActivation::kIdentity), kPlain, {1}, {{0}, {}});
  EXPECT_GE(one.state_h[0].error, 0x1p-53);
  EXPECT_LE(one.state_h[0].error, 0x1p-50);
  EXPECT_TRUE(Agrees(1 + 0x1p-52, one.state_h[0]));
  EXPECT_FALSE(Agrees(1 + 0x1p-48, one.state_h[0]));
  EXPECT_FALSE(Agrees(std::numeric_limits<double>::quiet_NaN(), one.state_h[0]));
}

}  // namespace
}  // namespace cellar
