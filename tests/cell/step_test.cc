#include "server/cell/step.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <random>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "tests/testing/random_cell.h"
#include "tests/testing/reference_cell.h"

namespace {

std::atomic<int64_t> allocation_count = 0;

}  // namespace

// Counts every allocation of the program, for the test of steps after warm-up.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocation_count;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace cellar {
namespace {

using testing::ElementsAre;

constexpr uint64_t kSeed = 7;

template <class Real>
bool SameBits(const std::vector<Real>& a, const std::vector<Real>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0);
}

template <class Real>
bool IsCanonicalNan(Real value) {
  using Bits = std::conditional_t<sizeof(Real) == 4, uint32_t, uint64_t>;
  Bits bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits == (sizeof(Real) == 4 ? Bits{0x7fc00000} : static_cast<Bits>(0x7ff8ull << 48));
}

template <class Real>
absl::Span<Real> SpanOf(std::vector<Real>& values) {
  return absl::MakeSpan(values);
}

// Room for everything a step can show.
template <class Real>
struct Shown {
  explicit Shown(const CellShape& shape) : h(shape.output_size), unrounded_h(shape.output_size) {
    for (std::vector<Real>* values : {&c, &forget, &input, &output, &update, &reset, &candidate}) {
      values->resize(shape.hidden_size);
    }
  }
  StepTrace<Real> Trace() {
    return {SpanOf(h),      SpanOf(unrounded_h), SpanOf(c),     SpanOf(forget),   SpanOf(input),
            SpanOf(output), SpanOf(update),      SpanOf(reset), SpanOf(candidate)};
  }

  std::vector<Real> h, unrounded_h, c, forget, input, output, update, reset, candidate;
};

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

TYPED_TEST(StepTest, SolvesTheHomeworkUnderEveryRule) {
  using Real = TypeParam;
  for (ActivationRule rule : {ActivationRule::kExact, ActivationRule::kSaturating}) {
    for (RoundingScope scope : {RoundingScope::kReport, RoundingScope::kFeedback}) {
      const Numerics numerics = {.activation_rule = rule,
                                 .rounding = Rounding::kNearestTiesToZero,
                                 .rounding_scope = scope};
      EXPECT_THAT(Homework<Real>(numerics, {0, 0, 1, 1, 1, 0}), ElementsAre(0, 0, 1, -1, 1, 0));
      EXPECT_THAT(Homework<Real>(numerics, {1, 1, 0, 1, 1}), ElementsAre(1, -1, 0, 1, -1));
    }
  }
}

TYPED_TEST(StepTest, ShowsTheGatesOfTheHomework) {
  using Real = TypeParam;
  const CellWeights<Real> weights = HomeworkCell<Real>();
  CellState<Real> state = ZeroState<Real>(ShapeOf(weights));
  StepWorkspace<Real> workspace;
  Shown<Real> shown(ShapeOf(weights));
  const Real x = 1;
  StepCell<Real>(weights, {}, {&x, 1}, state, workspace, shown.Trace());
  EXPECT_EQ(shown.forget[0], std::exp(Real{-100}));  // of a float: a denormal, not 0
  EXPECT_EQ(shown.input[0], 1);
  EXPECT_EQ(shown.output[0], 1);
  EXPECT_EQ(shown.candidate[0], 1);
  EXPECT_EQ(shown.c[0], 1);
  EXPECT_NEAR(shown.h[0], std::tanh(Real{1}), std::numeric_limits<Real>::epsilon());
}

// ---- Against the reference ----

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
      if (!(share <= worst_share_)) {
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
void CompareStep(const CellShape& shape, const Shown<Real>& shown, const CellState<Real>& state,
                 const ReferenceStep& reference, Comparison& comparison) {
  comparison.Compare("unrounded_h", shown.unrounded_h, reference.unrounded_h);
  comparison.Compare("h", shown.h, reference.reported_h);
  comparison.Compare("state.h", state.h, reference.state_h);
  comparison.Compare("state.c", state.c, reference.c);
  if (shape.kind == CellKind::kLstm) {
    comparison.Compare("c", shown.c, reference.c);
    comparison.Compare("forget_gate", shown.forget, reference.gates[0]);
    comparison.Compare("input_gate", shown.input, reference.gates[1]);
    comparison.Compare("output_gate", shown.output, reference.gates[2]);
    comparison.Compare("candidate", shown.candidate, reference.gates[3]);
  } else if (shape.kind != CellKind::kRnn) {
    comparison.Compare("update_gate", shown.update, reference.gates[0]);
    comparison.Compare("reset_gate", shown.reset, reference.gates[1]);
    comparison.Compare("candidate", shown.candidate, reference.gates[2]);
  }
}

// Each step is judged from the state it started from, so that rounding cannot set two paths apart.
template <class Real>
void ExpectAgreement(CellKind kind) {
  std::mt19937_64 generator(kSeed + static_cast<uint64_t>(kind));
  SCOPED_TRACE("seed " + std::to_string(kSeed) + " + kind");
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
      Shown<Real> shown(shape);
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

TYPED_TEST(StepTest, LstmAgreesWithTheReference) { ExpectAgreement<TypeParam>(CellKind::kLstm); }
TYPED_TEST(StepTest, GruResetBeforeAgreesWithTheReference) {
  ExpectAgreement<TypeParam>(CellKind::kGruResetBefore);
}
TYPED_TEST(StepTest, GruResetAfterAgreesWithTheReference) {
  ExpectAgreement<TypeParam>(CellKind::kGruResetAfter);
}
TYPED_TEST(StepTest, RnnAgreesWithTheReference) { ExpectAgreement<TypeParam>(CellKind::kRnn); }

// ---- Rounding ----

TYPED_TEST(StepTest, RoundsToTheNearestIntegerTiesTowardsZero) {
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
  EXPECT_TRUE(IsCanonicalNan(RoundTiesToZero(-std::numeric_limits<Real>::quiet_NaN())));
}

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
  Shown<Real> shown({CellKind::kRnn, 1, 1, 1});
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
  Shown<Real> shown({CellKind::kRnn, 1, 1, 1});
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
  Shown<Real> shown({CellKind::kRnn, 1, 1, 1});
  const Real x = static_cast<Real>(0.25);
  StepCell<Real>(Adder<Real>(), numerics, {&x, 1}, state, workspace, shown.Trace());
  EXPECT_EQ(shown.h[0], static_cast<Real>(0.75));
  EXPECT_EQ(state.h[0], static_cast<Real>(0.75));
}

// ---- NaN ----

TYPED_TEST(StepTest, EveryNanThatIsStoredOrReportedIsCanonical) {
  using Real = TypeParam;
  std::mt19937_64 generator(kSeed);
  SCOPED_TRACE("seed " + std::to_string(kSeed));
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
    Shown<Real> shown(shape);
    StepCell<Real>(weights, numerics, x, state, workspace, shown.Trace());
    for (const std::vector<Real>* values :
         {&state.h, &state.c, &shown.h, &shown.unrounded_h, &shown.c, &shown.forget, &shown.input,
          &shown.output, &shown.update, &shown.reset, &shown.candidate}) {
      for (Real value : *values) {
        if (!std::isnan(value)) continue;
        ++nan_count;
        ASSERT_TRUE(IsCanonicalNan(value)) << Describe(weights);
      }
    }
  }
  EXPECT_GT(nan_count, 1000);
}

TYPED_TEST(StepTest, ANanInOneElementOfTheMemoryStaysThere) {
  using Real = TypeParam;
  std::mt19937_64 generator(kSeed);
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
  EXPECT_TRUE(SameBits(poisoned.c, sound.c));
  EXPECT_TRUE(SameBits(poisoned.h, sound.h));
}

// ---- The workspace ----

TYPED_TEST(StepTest, WhatTheWorkspaceHeldDoesNotMatter) {
  using Real = TypeParam;
  std::mt19937_64 generator(kSeed);
  SCOPED_TRACE("seed " + std::to_string(kSeed));
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
    ASSERT_TRUE(SameBits(fresh.h, used.h)) << Describe(weights);
    ASSERT_TRUE(SameBits(fresh.c, used.c)) << Describe(weights);
  }
}

TYPED_TEST(StepTest, AStepAfterWarmUpAllocatesNothing) {
  using Real = TypeParam;
  std::mt19937_64 generator(kSeed);
  for (CellKind kind :
       {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    const CellWeights<Real> weights = RandomCell<Real>(generator, {.kind = kind});
    const Numerics numerics = {.rounding = Rounding::kNearestTiesToZero,
                               .rounding_scope = RoundingScope::kFeedback};
    const CellShape& shape = ShapeOf(weights);
    const std::vector<Real> x = RandomVector<Real>(generator, shape.input_size);
    CellState<Real> state = RandomState<Real>(generator, shape);
    Shown<Real> shown(shape);
    const StepTrace<Real> trace = shown.Trace();
    StepWorkspace<Real> workspace;
    const int64_t before_warm_up = allocation_count;
    StepCell<Real>(weights, numerics, x, state, workspace, trace);
    const int64_t after_warm_up = allocation_count;
    for (int step = 0; step < 10; ++step) {
      StepCell<Real>(weights, numerics, x, state, workspace, trace);
    }
    EXPECT_EQ(allocation_count, after_warm_up) << Describe(weights);
    EXPECT_GT(after_warm_up, before_warm_up) << "the counter does not count";
  }
}

}  // namespace
}  // namespace cellar
