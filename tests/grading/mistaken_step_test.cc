// Each formula is worked out once more here, for one element and with the C library's functions.
#include "server/grading/mistaken_step.h"

#include <cmath>
#include <functional>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

constexpr double kTolerance = 1e-13;  // a few roundings of numbers around 1

double Sigmoid(double z) { return 1 / (1 + std::exp(-z)); }

// A gate of one element: W x + U h + b, in the function.
struct ScalarGate {
  double w, u, b;
  double Sum(double x, double h) const { return w * x + u * h + b; }
  GateWeights<double> Weights(Activation activation) const { return {{w}, {u}, {b}, activation}; }
};

constexpr ScalarGate kForget = {0.5, -0.25, 0.3};
constexpr ScalarGate kInput = {-0.75, 0.5, 0.2};
constexpr ScalarGate kOutput = {0.25, 1.5, -0.4};
constexpr ScalarGate kCandidate = {1.25, -0.5, 0.1};
constexpr double kX = 0.7;
constexpr double kH = -0.6;
constexpr double kC = 0.9;

LstmWeights<double> Lstm() {
  LstmWeights<double> cell;
  cell.forget_gate = kForget.Weights(Activation::kSigmoid);
  cell.input_gate = kInput.Weights(Activation::kSigmoid);
  cell.output_gate = kOutput.Weights(Activation::kSigmoid);
  cell.candidate = kCandidate.Weights(Activation::kTanh);
  return cell;
}

// The state one step after h = kH, c = kC; the sequence began with h = 0.2, c = -0.3.
CellState<double> StepOnce(const CellWeights<double>& cell, const StepFormulas& formulas) {
  const bool has_memory = ShapeOf(cell).memory_size() > 0;
  const CellState<double> initial = {{0.2}, has_memory ? std::vector{-0.3} : std::vector<double>()};
  CellState<double> state = {{kH}, has_memory ? std::vector{kC} : std::vector<double>()};
  MistakenWorkspace<double> workspace;
  const std::vector<double> x = {kX};
  StepMistaken<double>({cell, formulas, x, initial}, state, workspace, {});
  return state;
}

struct LstmNumbers {
  double f, i, o, g, h, c;
};

// The gates when the recurrence sees `h`.
LstmNumbers NumbersFor(double h, double c) {
  return {Sigmoid(kForget.Sum(kX, h)),
          Sigmoid(kInput.Sum(kX, h)),
          Sigmoid(kOutput.Sum(kX, h)),
          std::tanh(kCandidate.Sum(kX, h)),
          h,
          c};
}

TEST(MistakenStep, MakesTheMemoryByEveryFormula) {
  const std::vector<std::pair<MemoryFormula, std::function<double(LstmNumbers)>>> formulas = {
      {MemoryFormula::kRight, [](LstmNumbers n) { return n.f * n.c + n.i * n.g; }},
      {MemoryFormula::kForgotten, [](LstmNumbers n) { return n.i * n.g; }},
      {MemoryFormula::kForgetLeftOut, [](LstmNumbers n) { return n.c + n.i * n.g; }},
      {MemoryFormula::kInputLeftOut, [](LstmNumbers n) { return n.f * n.c + n.g; }},
      {MemoryFormula::kForgetAdded, [](LstmNumbers n) { return n.f + n.i * n.g; }},
      {MemoryFormula::kForgetSum, [](LstmNumbers n) { return n.f + n.c + n.i * n.g; }},
      {MemoryFormula::kInputSum, [](LstmNumbers n) { return n.f * n.c + n.i + n.g; }},
      {MemoryFormula::kProduct, [](LstmNumbers n) { return n.f * n.c * n.i * n.g; }},
      {MemoryFormula::kForgetTwice, [](LstmNumbers n) { return n.f * (n.c + n.g); }},
      {MemoryFormula::kInputTwice, [](LstmNumbers n) { return n.i * (n.c + n.g); }},
      {MemoryFormula::kForgetCoupled, [](LstmNumbers n) { return n.c - n.i * (n.c - n.g); }},
      {MemoryFormula::kInputCoupled, [](LstmNumbers n) { return n.g + n.f * (n.c - n.g); }},
      {MemoryFormula::kForgetComplement,
       [](LstmNumbers n) { return n.c - n.f * n.c + n.i * n.g; }}};
  for (const auto& [formula, by_hand] : formulas) {
    StepFormulas mistaken;
    mistaken.memory = formula;
    const double c = by_hand(NumbersFor(kH, kC));
    const CellState<double> state = StepOnce(Lstm(), mistaken);
    EXPECT_NEAR(state.c[0], c, kTolerance) << static_cast<int>(formula);
    EXPECT_NEAR(state.h[0], NumbersFor(kH, kC).o * std::tanh(c), kTolerance);
  }
}

TEST(MistakenStep, MakesTheOutputByEveryFormula) {
  const LstmNumbers n = NumbersFor(kH, kC);
  const double c = n.f * n.c + n.i * n.g;
  const std::vector<std::pair<OutputFormula, double>> formulas = {
      {OutputFormula::kRight, n.o * std::tanh(c)},
      {OutputFormula::kLeftOut, std::tanh(c)},
      {OutputFormula::kSum, n.o + std::tanh(c)},
      {OutputFormula::kOldMemory, n.o * std::tanh(kC)}};
  for (const auto& [formula, h] : formulas) {
    StepFormulas mistaken;
    mistaken.output = formula;
    EXPECT_NEAR(StepOnce(Lstm(), mistaken).h[0], h, kTolerance) << static_cast<int>(formula);
  }
}

TEST(MistakenStep, TakesTheStateBeforeFromWhereItIsTold) {
  const auto memory_after = [](HiddenSource hidden, MemorySource memory) {
    StepFormulas mistaken;
    mistaken.hidden_source = hidden;
    mistaken.memory_source = memory;
    return StepOnce(Lstm(), mistaken).c[0];
  };
  const auto by_hand = [](double h, double c) {
    const LstmNumbers n = NumbersFor(h, c);
    return n.f * n.c + n.i * n.g;
  };
  EXPECT_NEAR(memory_after(HiddenSource::kInitial, MemorySource::kPrevious), by_hand(0.2, kC),
              kTolerance);
  EXPECT_NEAR(memory_after(HiddenSource::kPrevious, MemorySource::kInitial), by_hand(kH, -0.3),
              kTolerance);
  EXPECT_NEAR(memory_after(HiddenSource::kMemory, MemorySource::kHidden), by_hand(kC, kH),
              kTolerance);
}

TEST(MistakenStep, PlacesTheResetGateByEveryFormula) {
  constexpr double kBias = -0.8;
  const double r = Sigmoid(kInput.Sum(kX, kH));
  const double z = Sigmoid(kForget.Sum(kX, kH));
  const double a = kCandidate.w * kX + kCandidate.b;
  const double u = kCandidate.u * kH;
  const std::vector<std::pair<ResetFormula, double>> formulas = {
      {ResetFormula::kRight, a + r * (u + kBias)},
      {ResetFormula::kBefore, a + kCandidate.u * r * kH + kBias},
      {ResetFormula::kAfter, a + r * (u + kBias)},
      {ResetFormula::kLeftOut, a + u + kBias},
      {ResetFormula::kOnInput, r * a + u + kBias},
      {ResetFormula::kOnEverything, r * (a + u + kBias)},
      {ResetFormula::kBiasOutside, a + r * u + kBias}};
  GruResetAfterWeights<double> cell;
  cell.shape.kind = CellKind::kGruResetAfter;
  cell.update_gate = kForget.Weights(Activation::kSigmoid);
  cell.reset_gate = kInput.Weights(Activation::kSigmoid);
  cell.candidate = kCandidate.Weights(Activation::kTanh);
  cell.candidate_recurrent_bias = {kBias};
  for (const auto& [formula, sum] : formulas) {
    StepFormulas mistaken;
    mistaken.reset = formula;
    EXPECT_NEAR(StepOnce(cell, mistaken).h[0], (1 - z) * std::tanh(sum) + z * kH, kTolerance)
        << static_cast<int>(formula);
  }
}

TEST(MistakenStep, MixesTheNewHByEveryFormula) {
  const double z = Sigmoid(kForget.Sum(kX, kH));
  const double r = Sigmoid(kInput.Sum(kX, kH));
  const double g = std::tanh(kCandidate.Sum(kX, r * kH));
  const std::vector<std::pair<UpdateFormula, double>> formulas = {
      {UpdateFormula::kRight, (1 - z) * g + z * kH},
      {UpdateFormula::kComplement, z * g + (1 - z) * kH},
      {UpdateFormula::kForgotten, (1 - z) * g},
      {UpdateFormula::kCandidateUnscaled, g + z * kH},
      {UpdateFormula::kHiddenUnscaled, (1 - z) * g + kH},
      {UpdateFormula::kBothScaled, z * (g + kH)},
      {UpdateFormula::kSum, (1 - z) * g + z + kH}};
  GruResetBeforeWeights<double> cell;
  cell.shape.kind = CellKind::kGruResetBefore;
  cell.update_gate = kForget.Weights(Activation::kSigmoid);
  cell.reset_gate = kInput.Weights(Activation::kSigmoid);
  cell.candidate = kCandidate.Weights(Activation::kTanh);
  for (const auto& [formula, h] : formulas) {
    StepFormulas mistaken;
    mistaken.update = formula;
    EXPECT_NEAR(StepOnce(cell, mistaken).h[0], h, kTolerance) << static_cast<int>(formula);
  }
}

TEST(MistakenStep, RoundsByEveryRule) {
  struct Row {
    RoundingRule rule;
    double minus_half, half, one_and_a_half, minus_point_six;
  };
  for (const Row& row : std::vector<Row>{{RoundingRule::kNone, -0.5, 0.5, 1.5, -0.6},
                                         {RoundingRule::kTiesToZero, 0, 0, 1, -1},
                                         {RoundingRule::kTiesAway, -1, 1, 2, -1},
                                         {RoundingRule::kTiesToEven, 0, 0, 2, -1},
                                         {RoundingRule::kTiesUp, 0, 1, 2, -1},
                                         {RoundingRule::kUp, 0, 1, 2, 0},
                                         {RoundingRule::kDown, -1, 0, 1, -1},
                                         {RoundingRule::kTruncate, 0, 0, 1, 0}}) {
    EXPECT_EQ(RoundBy(row.rule, -0.5), row.minus_half) << static_cast<int>(row.rule);
    EXPECT_EQ(RoundBy(row.rule, 0.5), row.half) << static_cast<int>(row.rule);
    EXPECT_EQ(RoundBy(row.rule, 1.5), row.one_and_a_half) << static_cast<int>(row.rule);
    EXPECT_EQ(RoundBy(row.rule, -0.6), row.minus_point_six) << static_cast<int>(row.rule);
    EXPECT_EQ(std::signbit(RoundBy(row.rule, -0.2)),
              row.rule == RoundingRule::kNone || row.rule == RoundingRule::kDown)
        << static_cast<int>(row.rule);
  }
}

TEST(MistakenStep, KeepsABiasOutsideTheResetOutOfCellsWithoutOne) {
  GruResetBeforeWeights<double> cell;
  cell.shape.kind = CellKind::kGruResetBefore;
  cell.update_gate = kForget.Weights(Activation::kSigmoid);
  cell.reset_gate = kInput.Weights(Activation::kSigmoid);
  cell.candidate = kCandidate.Weights(Activation::kTanh);
  StepFormulas mistaken;
  mistaken.reset = ResetFormula::kBiasOutside;
  EXPECT_EQ(StepOnce(cell, mistaken), StepOnce(cell, {}));
}

}  // namespace
}  // namespace cellar
