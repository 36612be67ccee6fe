// The first promise: a session's outputs are a pure function of cell, initial state, inputs and
// numerics. Randomised over all kinds of cells, options, precisions and numerics; a failure prints
// the seed of its case.
#include <algorithm>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/engine/step_runner.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/step_session.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

constexpr uint64_t kCaseCount = 2400;

// One random case. The seed's digits choose what must not be left to chance.
struct Case {
  explicit Case(uint64_t seed, bool bidirectional = false) : seed(seed), random(seed) {
    uint64_t digits = seed;
    const auto digit = [&](uint64_t base) {
      const uint64_t value = digits % base;
      digits /= base;
      return value;
    };
    RandomModelOptions options;
    options.bidirectional = bidirectional;
    if (const uint64_t kind = digit(5); kind < 4) options.kind = static_cast<CellKind>(kind);
    numerics.precision = digit(2) == 0 ? Precision::kFloat32 : Precision::kFloat64;
    numerics.activation_rule = digit(2) == 0 ? ActivationRule::kExact : ActivationRule::kSaturating;
    numerics.rounding = digit(3) == 0 ? Rounding::kNone : Rounding::kNearestTiesToZero;
    numerics.rounding_scope = digit(2) == 0 ? RoundingScope::kReport : RoundingScope::kFeedback;
    options.precision = digit(2) == 0 ? Precision::kFloat32 : Precision::kFloat64;
    const bool may_be_short = options.precision == Precision::kFloat32;
    if (digit(2) == 0 && may_be_short) options.weight_storage = WeightStorage::kBfloat16;
    model = RandomModel(seed, options);
    step_count = 1 + static_cast<int64_t>(random() % 12);
  }

  template <class Real>
  std::vector<Real> Inputs() const {
    return RandomNumbers<Real>(seed + 1, step_count * model->input_size());
  }

  // Some state: the one after a few steps.
  template <class Real>
  StackState<Real> Start() const {
    auto state = std::get<StackState<Real>>(ZeroStackState(*model, PrecisionOf<Real>()));
    const auto inputs = RandomNumbers<Real>(seed + 2, 3 * model->input_size());
    RunSteps<Real>(*model, numerics, inputs, kWholeTrace, state);
    return state;
  }

  // The ends of random pieces of the steps.
  std::vector<int64_t> Cuts() {
    std::vector<int64_t> ends;
    for (int64_t end = 0; end < step_count;) {
      end += 1 + static_cast<int64_t>(random() % (step_count - end));
      ends.push_back(end);
    }
    return ends;
  }

  const uint64_t seed;
  std::mt19937_64 random;
  std::shared_ptr<const Model> model;
  Numerics numerics;
  int64_t step_count = 1;
};

// Calls check.operator()<Real>(case) for every case, in the precision of the case.
template <class Check>
void ForEachCase(Check check, bool bidirectional = false) {
  for (uint64_t seed = 0; seed < kCaseCount && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    Case one(seed, bidirectional);
    if (one.numerics.precision == Precision::kFloat32) {
      check.template operator()<float>(one);
    } else {
      check.template operator()<double>(one);
    }
  }
}

template <class Real>
std::vector<Real> Rows(const std::vector<Real>& inputs, int64_t row_length, int64_t begin,
                       int64_t end) {
  return std::vector<Real>(inputs.begin() + begin * row_length, inputs.begin() + end * row_length);
}

TEST(SameBits, WhateverTheCutOfTheInputs) {
  ForEachCase([]<class Real>(Case& one) {
    const auto inputs = one.Inputs<Real>();
    StackState<Real> whole_state = one.Start<Real>();
    const auto whole = RunSteps<Real>(*one.model, one.numerics, inputs, kWholeTrace, whole_state);
    std::vector<int64_t> singles;
    for (int64_t end = 1; end <= one.step_count; ++end) singles.push_back(end);
    for (const std::vector<int64_t>& ends : {singles, one.Cuts()}) {
      StackState<Real> state = one.Start<Real>();
      int64_t begin = 0;
      for (int64_t end : ends) {
        const auto piece =
            RunSteps<Real>(*one.model, one.numerics,
                           Rows(inputs, one.model->input_size(), begin, end), kWholeTrace, state);
        EXPECT_EQ(TraceDifference(piece, TraceRows(whole, begin, end)), "");
        begin = end;
      }
      EXPECT_EQ(StackStateDigest(state), StackStateDigest(whole_state));
    }
  });
}

TEST(SameBits, WhateverIsShown) {
  ForEachCase([]<class Real>(Case& one) {
    const auto inputs = one.Inputs<Real>();
    StackState<Real> seen = one.Start<Real>();
    StackState<Real> unseen = one.Start<Real>();
    const auto all = RunSteps<Real>(*one.model, one.numerics, inputs, kWholeTrace, seen);
    const auto last = RunSteps<Real>(*one.model, one.numerics, inputs,
                                     {TraceView::kOutput, TraceDensity::kLastStep}, unseen);
    EXPECT_EQ(StackStateDigest(seen), StackStateDigest(unseen));
    const auto last_row = TraceRows(all, one.step_count - 1, one.step_count);
    EXPECT_TRUE(SameBits(last.outputs, last_row.outputs));
  });
}

// The rounded weights in a model that keeps them in full.
TEST(SameBits, OfWeightsStoredAsBfloat16AsOfTheRoundedOnes) {
  const auto check = []<class Real>(Case& one) {
    if (one.model->weight_storage() == WeightStorage::kFull) return;
    LayerStack<float> rounded = one.model->Layers<float>();
    rounded.weight_storage = WeightStorage::kFull;
    const Model full("full", "", std::move(rounded), absl::UnixEpoch());
    const auto inputs = one.Inputs<Real>();
    StackState<Real> state = one.Start<Real>();
    StackState<Real> expected = state;
    EXPECT_EQ(TraceDifference(RunSteps<Real>(*one.model, one.numerics, inputs, kWholeTrace, state),
                              RunSteps<Real>(full, one.numerics, inputs, kWholeTrace, expected)),
              "");
    EXPECT_EQ(StackStateDigest(state), StackStateDigest(expected));
  };
  ForEachCase(check);
  ForEachCase(check, /*bidirectional=*/true);
}

TEST(SameBits, InASessionAsInAWholeSequence) {
  ForEachCase([]<class Real>(Case& one) {
    const auto inputs = one.Inputs<Real>();
    auto whole_state = std::get<StackState<Real>>(ZeroStackState(*one.model, PrecisionOf<Real>()));
    const auto whole = RunSteps<Real>(*one.model, one.numerics, inputs, kWholeTrace, whole_state);
    StepSession session(one.model, one.numerics, 3);
    int64_t begin = 0;
    for (int64_t end : one.Cuts()) {
      const auto outcome = session.Step(begin, Rows(inputs, one.model->input_size(), begin, end));
      ASSERT_TRUE(outcome.ok()) << outcome.status();
      EXPECT_EQ(TraceDifference(outcome->trace, AnyStackTrace(TraceRows(whole, begin, end))), "");
      begin = end;
    }
    EXPECT_EQ(session.digest(), StackStateDigest(whole_state));
  });
}

TEST(SameBits, AfterAForkOrARewindAndTheSameInputs) {
  ForEachCase([]<class Real>(Case& one) {
    const auto inputs = one.Inputs<Real>();
    const int64_t row_length = one.model->input_size();
    StepSession session(one.model, one.numerics, 16);
    int64_t begin = 0;
    for (int64_t end : one.Cuts()) {
      ASSERT_TRUE(session.Step(begin, Rows(inputs, row_length, begin, end)).ok());
      begin = end;
    }
    const std::string digest = session.digest();
    const auto step = static_cast<int64_t>(one.random() % one.step_count);
    const auto rest = Rows(inputs, row_length, step, one.step_count);

    auto fork = session.Fork(step);
    ASSERT_TRUE(fork.ok()) << fork.status();
    ASSERT_TRUE((*fork)->Step(step, rest).ok());
    EXPECT_EQ((*fork)->digest(), digest);

    ASSERT_TRUE(session.Rewind(step).ok());
    ASSERT_TRUE(session.Step(step, rest).ok());
    EXPECT_EQ(session.digest(), digest);
  });
}

TEST(SameBits, BesideASessionFullOfNanAndInfinity) {
  ForEachCase([]<class Real>(Case& one) {
    const Real poison[] = {std::numeric_limits<Real>::quiet_NaN(),
                           std::numeric_limits<Real>::infinity(),
                           -std::numeric_limits<Real>::infinity()};
    const auto inputs = one.Inputs<Real>();
    StepSession alone(one.model, one.numerics, 2);
    StepSession beside(one.model, one.numerics, 2);
    StepSession poisoned(one.model, one.numerics, 2);
    for (int64_t step = 0; step < one.step_count; ++step) {
      auto row = Rows(inputs, one.model->input_size(), step, step + 1);
      ASSERT_TRUE(alone.Step(step, row).ok());
    }
    for (int64_t step = 0; step < one.step_count; ++step) {
      auto row = Rows(inputs, one.model->input_size(), step, step + 1);
      ASSERT_TRUE(beside.Step(step, row).ok());
      row[one.random() % row.size()] = poison[one.random() % 3];
      ASSERT_TRUE(poisoned.Step(step, row).ok());
    }
    EXPECT_EQ(beside.digest(), alone.digest());
  });
}

// Layer `k` of `model`, forward or backward, as a model of its own that reads forwards.
template <class Real>
Model SingleLayer(const Model& model, size_t k, bool backward) {
  const LayerStack<Real>& stack = model.Layers<Real>();
  LayerStack<Real> single;
  single.weight_storage = stack.weight_storage;
  single.layers = {backward ? stack.backward_layers[k] : stack.layers[k]};
  return Model("single", "", std::move(single), absl::UnixEpoch());
}

// One layer over the whole sequence `inputs`, from `state`.
template <class Real>
LayerTrace<Real> RunSingle(const Model& layer, const Numerics& numerics,
                           const std::vector<Real>& inputs, CellState<Real>& state) {
  StackState<Real> stack_state;
  stack_state.layers = {std::move(state)};
  auto trace = RunSteps<Real>(layer, numerics, inputs, kWholeTrace, stack_state);
  state = std::move(stack_state.layers[0]);
  return std::move(trace.layers[0]);
}

// What a layer hands up, of its trace.
template <class Real>
const std::vector<Real>& HandedUp(const LayerTrace<Real>& trace, const Numerics& numerics) {
  const bool unrounded =
      numerics.rounding != Rounding::kNone && numerics.rounding_scope == RoundingScope::kReport;
  return unrounded ? trace.unrounded_h : trace.h;
}

template <class Real>
StackTrace<Real> AsTrace(LayerTrace<Real> layer, int64_t step_count) {
  StackTrace<Real> trace;
  trace.step_count = step_count;
  trace.layers = {std::move(layer)};
  return trace;
}

TEST(SameBits, InAStackAsLayerByLayer) {
  ForEachCase([]<class Real>(Case& one) {
    StackState<Real> state = one.Start<Real>();
    StackState<Real> by_layer = state;
    auto rows = one.Inputs<Real>();
    const auto whole = RunSteps<Real>(*one.model, one.numerics, rows, kWholeTrace, state);
    for (size_t k = 0; k < whole.layers.size(); ++k) {
      const Model layer = SingleLayer<Real>(*one.model, k, false);
      const auto trace = RunSingle(layer, one.numerics, rows, by_layer.layers[k]);
      EXPECT_EQ(
          TraceDifference(AsTrace(trace, one.step_count), AsTrace(whole.layers[k], one.step_count)),
          "")
          << "layer " << k;
      rows = HandedUp(trace, one.numerics);
    }
    EXPECT_EQ(StackStateDigest(state), StackStateDigest(by_layer));
  });
}

// `rows` in reversed time.
template <class Real>
std::vector<Real> Reversed(const std::vector<Real>& rows, int64_t row_count) {
  const auto row_length = static_cast<int64_t>(rows.size()) / row_count;
  std::vector<Real> reversed;
  for (int64_t row = row_count - 1; row >= 0; --row) {
    reversed.insert(reversed.end(), rows.begin() + row * row_length,
                    rows.begin() + (row + 1) * row_length);
  }
  return reversed;
}

template <class Real>
LayerTrace<Real> ReversedTrace(const LayerTrace<Real>& layer, int64_t row_count) {
  StackTrace<Real> trace = AsTrace(layer, row_count);
  for (const auto& [name, array] : ArraysOf(trace)) *array = Reversed(*array, row_count);
  return std::move(trace.layers[0]);
}

// The rows of `a` and `b` side by side.
template <class Real>
std::vector<Real> SideBySide(const std::vector<Real>& a, const std::vector<Real>& b,
                             int64_t row_count) {
  const auto a_length = static_cast<int64_t>(a.size()) / row_count;
  const auto b_length = static_cast<int64_t>(b.size()) / row_count;
  std::vector<Real> both;
  for (int64_t row = 0; row < row_count; ++row) {
    both.insert(both.end(), a.begin() + row * a_length, a.begin() + (row + 1) * a_length);
    both.insert(both.end(), b.begin() + row * b_length, b.begin() + (row + 1) * b_length);
  }
  return both;
}

TEST(SameBits, BothWaysAsTwoRunsOneOfThemReversedByHand) {
  const auto check = []<class Real>(Case& one) {
    const int64_t count = one.step_count;
    StackState<Real> state = one.Start<Real>();
    StackState<Real> by_hand = state;
    auto rows = one.Inputs<Real>();
    const auto whole = RunSteps<Real>(*one.model, one.numerics, rows, kWholeTrace, state);
    std::vector<Real> outputs;
    for (size_t k = 0; k < whole.layers.size(); ++k) {
      const auto forward =
          RunSingle(SingleLayer<Real>(*one.model, k, false), one.numerics, rows, by_hand.layers[k]);
      const auto backward =
          ReversedTrace(RunSingle(SingleLayer<Real>(*one.model, k, true), one.numerics,
                                  Reversed(rows, count), by_hand.backward_layers[k]),
                        count);
      EXPECT_EQ(TraceDifference(AsTrace(forward, count), AsTrace(whole.layers[k], count)), "");
      EXPECT_EQ(TraceDifference(AsTrace(backward, count), AsTrace(whole.backward_layers[k], count)),
                "");
      rows = SideBySide(HandedUp(forward, one.numerics), HandedUp(backward, one.numerics), count);
      outputs = SideBySide(forward.h, backward.h, count);
    }
    EXPECT_TRUE(SameBits(whole.outputs, outputs));
    EXPECT_EQ(StackStateDigest(state), StackStateDigest(by_hand));
  };
  ForEachCase(check, /*bidirectional=*/true);
}

}  // namespace
}  // namespace cellar
