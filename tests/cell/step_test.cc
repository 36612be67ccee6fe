#include "server/cell/step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "tests/testing/allocation_count.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/shown_step.h"

namespace cellar {
namespace {

using testing::ElementsAre;

constexpr uint64_t kStepSeed = 7;

template <class Real>
bool IsCanonicalNan(Real value) {
  using Bits = std::conditional_t<sizeof(Real) == 4, uint32_t, uint64_t>;
  Bits bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits == (sizeof(Real) == 4 ? Bits{0x7fc00000} : static_cast<Bits>(0x7ff8ull << 48));
}

// ---- The course problem ----

template <class Real>
LstmWeights<Real> HomeworkCell() {
  LstmWeights<Real> cell;
  cell.shape = {CellKind::kLstm, 1, 1, 1};
  cell.forget_gate = {{0}, {0}, {-100}, Activation::kSigmoid};
  cell.input_gate = {{100}, {0}, {100}, Activation::kSigmoid};
  cell.output_gate = {{100}, {0}, {0}, Activation::kSigmoid};
  cell.candidate = {{50}, {-100}, {0}, Activation::kTanh};
  return cell;
}

// The reported h of one step an input, from the zero state.
template <class Real>
std::vector<Real> Homework(const Numerics& numerics, const std::vector<Real>& inputs) {
  const CellWeights<Real> weights = HomeworkCell<Real>();
  CellState<Real> state = ZeroState<Real>(ShapeOf(weights));
  StepWorkspace<Real> workspace;
  std::vector<Real> reported;
  for (const Real x : inputs) {
    Real h;
    StepTrace<Real> trace;
    trace.h = absl::MakeSpan(&h, 1);
    StepCell<Real>(weights, numerics, {&x, 1}, state, workspace, trace);
    reported.push_back(h);
  }
  return reported;
}

template <class Real>
class StepTest : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(StepTest, Reals);

TYPED_TEST(StepTest, SolvesTheHomeworkUnderTheRulesOfTheCourse) {
  using Real = TypeParam;
  const Numerics numerics = {.activation_rule = ActivationRule::kSaturating,
                             .rounding = Rounding::kNearestTiesToZero,
                             .rounding_scope = RoundingScope::kFeedback};
  EXPECT_THAT(Homework<Real>(numerics, {0, 0, 1, 1, 1, 0}), ElementsAre(0, 0, 1, -1, 1, 0));
  EXPECT_THAT(Homework<Real>(numerics, {1, 1, 0, 1, 1}), ElementsAre(1, -1, 0, 1, -1));
}

TYPED_TEST(StepTest, SolvesTheHomeworkWithExactActivationsUnderBothScopes) {
  using Real = TypeParam;
  for (RoundingScope scope : {RoundingScope::kReport, RoundingScope::kFeedback}) {
    const Numerics numerics = {.rounding = Rounding::kNearestTiesToZero, .rounding_scope = scope};
    EXPECT_THAT(Homework<Real>(numerics, {0, 0, 1, 1, 1, 0}), ElementsAre(0, 0, 1, -1, 1, 0));
    EXPECT_THAT(Homework<Real>(numerics, {1, 1, 0, 1, 1}), ElementsAre(1, -1, 0, 1, -1));
  }
}

// The third h is 0.5: fed back as it is, it stops the candidate of the fourth step.
TYPED_TEST(StepTest, AnswersTheHomeworkOtherwiseIfASaturatedHalfIsNotRoundedBeforeFeedback) {
  using Real = TypeParam;
  const Numerics numerics = {.activation_rule = ActivationRule::kSaturating,
                             .rounding = Rounding::kNearestTiesToZero,
                             .rounding_scope = RoundingScope::kReport};
  EXPECT_THAT(Homework<Real>(numerics, {1, 1, 0, 1, 1}), ElementsAre(1, -1, 0, 0, 1));
}

TYPED_TEST(StepTest, ShowsTheGatesOfTheHomework) {
  using Real = TypeParam;
  const CellWeights<Real> weights = HomeworkCell<Real>();
  CellState<Real> state = ZeroState<Real>(ShapeOf(weights));
  StepWorkspace<Real> workspace;
  ShownStep<Real> shown(ShapeOf(weights));
  const Real x = 1;
  StepCell<Real>(weights, {}, {&x, 1}, state, workspace, shown.Trace());
  EXPECT_EQ(shown.forget_gate[0], std::exp(Real{-100}));  // of a float: a denormal, not 0
  EXPECT_EQ(shown.input_gate[0], 1);
  EXPECT_EQ(shown.output_gate[0], 1);
  EXPECT_EQ(shown.candidate[0], 1);
  EXPECT_EQ(shown.c[0], 1);
  EXPECT_NEAR(shown.h[0], std::tanh(Real{1}), std::numeric_limits<Real>::epsilon());
}

// ---- Rounding ----

// An RNN that shows its input: h = x + h.
template <class Real>
CellWeights<Real> Adder() {
  RnnWeights<Real> cell;
  cell.shape = {CellKind::kRnn, 1, 1, 1};
  cell.hidden = {{1}, {1}, {0}, Activation::kIdentity};
  return cell;
}

TYPED_TEST(StepTest, ReportScopeRoundsOnlyWhatIsReported) {
  using Real = TypeParam;
  const Numerics numerics = {.rounding = Rounding::kNearestTiesToZero,
                             .rounding_scope = RoundingScope::kReport};
  CellState<Real> state = {{static_cast<Real>(0.5)}, {}};
  StepWorkspace<Real> workspace;
  ShownStep<Real> shown({CellKind::kRnn, 1, 1, 1});
  const Real x = static_cast<Real>(0.25);
  StepCell<Real>(Adder<Real>(), numerics, {&x, 1}, state, workspace, shown.Trace());
  EXPECT_EQ(shown.h[0], 1);
  EXPECT_EQ(shown.unrounded_h[0], static_cast<Real>(0.75));
  EXPECT_EQ(state.h[0], static_cast<Real>(0.75));
}

TYPED_TEST(StepTest, FeedbackScopeKeepsTheRoundedH) {
  using Real = TypeParam;
  const Numerics numerics = {.rounding = Rounding::kNearestTiesToZero,
                             .rounding_scope = RoundingScope::kFeedback};
  CellState<Real> state = {{static_cast<Real>(0.5)}, {}};
  StepWorkspace<Real> workspace;
  ShownStep<Real> shown({CellKind::kRnn, 1, 1, 1});
  const Real x = static_cast<Real>(0.25);
  StepCell<Real>(Adder<Real>(), numerics, {&x, 1}, state, workspace, shown.Trace());
  EXPECT_EQ(shown.h[0], 1);
  EXPECT_EQ(shown.unrounded_h[0], static_cast<Real>(0.75));
  EXPECT_EQ(state.h[0], 1);
}

TYPED_TEST(StepTest, ScopeIsWithoutEffectWhereNothingIsRounded) {
  using Real = TypeParam;
  const Numerics numerics = {.rounding_scope = RoundingScope::kFeedback};
  CellState<Real> state = {{static_cast<Real>(0.5)}, {}};
  StepWorkspace<Real> workspace;
  ShownStep<Real> shown({CellKind::kRnn, 1, 1, 1});
  const Real x = static_cast<Real>(0.25);
  StepCell<Real>(Adder<Real>(), numerics, {&x, 1}, state, workspace, shown.Trace());
  EXPECT_EQ(shown.h[0], static_cast<Real>(0.75));
  EXPECT_EQ(state.h[0], static_cast<Real>(0.75));
}

// ---- NaN ----

TYPED_TEST(StepTest, EveryNanThatIsStoredOrReportedIsCanonical) {
  using Real = TypeParam;
  std::mt19937_64 generator(kStepSeed);
  SCOPED_TRACE("seed " + std::to_string(kStepSeed));
  StepWorkspace<Real> workspace;
  int64_t nan_count = 0;
  for (int cell = 0; cell < 1000; ++cell) {
    const CellWeights<Real> weights = RandomCell<Real>(generator, {.max_size = 6});
    const Numerics numerics = RandomNumerics<Real>(generator);
    const CellShape& shape = ShapeOf(weights);
    CellState<Real> state = RandomState<Real>(generator, shape);
    std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
    const Real odd_nan = std::copysign(std::numeric_limits<Real>::signaling_NaN(), Real{-1});
    const Real infinity = std::numeric_limits<Real>::infinity();
    x[generator() % x.size()] = cell % 2 == 0 ? odd_nan : infinity;
    state.h[generator() % state.h.size()] = cell % 3 == 0 ? odd_nan : -infinity;
    ShownStep<Real> shown(shape);
    StepCell<Real>(weights, numerics, x, state, workspace, shown.Trace());
    for (const std::vector<Real>& values : {state.h, state.c, shown.Everything()}) {
      for (Real value : values) {
        if (!std::isnan(value)) continue;
        ++nan_count;
        ASSERT_TRUE(IsCanonicalNan(value)) << Describe(weights);
      }
    }
  }
  EXPECT_GT(nan_count, 1000);
}

TYPED_TEST(StepTest, ANanMadeByTheProjectionIsCanonical) {
  using Real = TypeParam;
  LstmWeights<Real> cell;
  cell.shape = {CellKind::kLstm, 1, 2, 1};
  const GateWeights<Real> open = {{0, 0}, {0, 0}, {1, 1}, Activation::kIdentity};
  cell.forget_gate = cell.input_gate = cell.output_gate = cell.candidate = open;
  cell.memory_activation = Activation::kIdentity;
  cell.projection = {1, -1};
  const Real infinity = std::numeric_limits<Real>::infinity();
  CellState<Real> state = {{0}, {infinity, infinity}};
  StepWorkspace<Real> workspace;
  const Real x = 0;
  StepCell<Real>(cell, {}, {&x, 1}, state, workspace, {});
  EXPECT_TRUE(IsCanonicalNan(state.h[0]));
}

TYPED_TEST(StepTest, ANanInOneElementOfTheMemoryStaysThere) {
  using Real = TypeParam;
  std::mt19937_64 generator(kStepSeed);
  const CellWeights<Real> weights =
      RandomCell<Real>(generator, {.kind = CellKind::kLstm, .max_size = 20, .variants = false});
  const CellShape& shape = ShapeOf(weights);
  const std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
  CellState<Real> sound = RandomState<Real>(generator, shape);
  CellState<Real> poisoned = sound;
  poisoned.c.back() = std::numeric_limits<Real>::quiet_NaN();
  StepWorkspace<Real> workspace;
  StepCell<Real>(weights, {}, x, sound, workspace, {});
  StepCell<Real>(weights, {}, x, poisoned, workspace, {});
  EXPECT_TRUE(IsCanonicalNan(poisoned.c.back()));
  EXPECT_TRUE(IsCanonicalNan(poisoned.h.back()));
  for (CellState<Real>* state : {&sound, &poisoned}) {
    state->c.pop_back();
    state->h.pop_back();
  }
  EXPECT_TRUE(EqualBits(poisoned.c, sound.c));
  EXPECT_TRUE(EqualBits(poisoned.h, sound.h));
}

// ---- The workspace ----

TYPED_TEST(StepTest, WhatTheWorkspaceHeldDoesNotMatter) {
  using Real = TypeParam;
  std::mt19937_64 generator(kStepSeed);
  SCOPED_TRACE("seed " + std::to_string(kStepSeed));
  for (int cell = 0; cell < 500; ++cell) {
    const CellWeights<Real> weights = RandomCell<Real>(generator);
    const CellShape& shape = ShapeOf(weights);
    const std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
    CellState<Real> fresh = RandomState<Real>(generator, shape);
    CellState<Real> used = fresh;
    const std::vector<Real> poison(200, std::numeric_limits<Real>::quiet_NaN());
    StepWorkspace<Real> fresh_workspace;
    StepWorkspace<Real> used_workspace = {poison, poison, poison};
    StepCell<Real>(weights, {}, x, fresh, fresh_workspace, {});
    StepCell<Real>(weights, {}, x, used, used_workspace, {});
    ASSERT_TRUE(EqualBits(fresh.h, used.h)) << Describe(weights);
    ASSERT_TRUE(EqualBits(fresh.c, used.c)) << Describe(weights);
  }
}

TYPED_TEST(StepTest, AStepAfterWarmUpAllocatesNothing) {
  using Real = TypeParam;
  std::mt19937_64 generator(kStepSeed);
  for (CellKind kind :
       {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    const CellWeights<Real> weights = RandomCell<Real>(generator, {.kind = kind});
    const Numerics numerics = {.rounding = Rounding::kNearestTiesToZero,
                               .rounding_scope = RoundingScope::kFeedback};
    const CellShape& shape = ShapeOf(weights);
    const std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
    CellState<Real> state = RandomState<Real>(generator, shape);
    ShownStep<Real> shown(shape);
    const StepTrace<Real> trace = shown.Trace();
    StepWorkspace<Real> workspace;
    const int64_t before_warm_up = AllocationCount();
    StepCell<Real>(weights, numerics, x, state, workspace, trace);
    const int64_t after_warm_up = AllocationCount();
    for (int step = 0; step < 10; ++step) {
      StepCell<Real>(weights, numerics, x, state, workspace, trace);
    }
    EXPECT_EQ(AllocationCount(), after_warm_up) << Describe(weights);
    EXPECT_GT(after_warm_up, before_warm_up) << "the counter does not count";
  }
}

}  // namespace
}  // namespace cellar
