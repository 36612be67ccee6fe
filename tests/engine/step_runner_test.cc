#include "server/engine/step_runner.h"

#include <limits>
#include <memory>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/cell/step.h"
#include "tests/testing/allocation_count.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TraceOptions kAll = {TraceView::kTrace, TraceDensity::kEveryStep};

constexpr Numerics kReport = {.rounding = Rounding::kNearestTiesToZero,
                              .rounding_scope = RoundingScope::kReport};
constexpr Numerics kFeedback = {.rounding = Rounding::kNearestTiesToZero,
                                .rounding_scope = RoundingScope::kFeedback};

StackState<float> Zero(const Model& model) {
  return std::get<StackState<float>>(ZeroStackState(model, Precision::kFloat32));
}

StackTrace<float> RunFromZero(const Model& model, const Numerics& numerics,
                              const std::vector<float>& inputs, TraceOptions options = kAll) {
  StackState<float> state = Zero(model);
  return RunSteps<float>(model, numerics, inputs, options, state);
}

TEST(StepRunner, AnswersTheHomework) {
  const auto model = HomeworkModel();
  const StackTrace<float> trace = RunFromZero(*model, kFeedback, {0, 0, 1, 1, 1, 0});
  EXPECT_EQ(trace.step_count, 6);
  EXPECT_THAT(trace.outputs, ElementsAre(0, 0, 1, -1, 1, 0));
}

TEST(StepRunner, StepsTheCellsOneAfterTheOtherInTimeAndUpTheLayers) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const auto model = RandomModel(seed, {.kind = {}, .layer_count = 2});
    const auto inputs = RandomNumbers<float>(seed, 4 * model->input_size());
    const auto& cells = model->Layers<float>().layers;
    StackState<float> state = Zero(*model);
    const StackTrace<float> trace = RunSteps<float>(*model, {}, inputs, kAll, state);

    StackState<float> by_hand = Zero(*model);
    StepWorkspace<float> workspace;
    std::vector<float> outputs;
    for (int64_t t = 0; t < 4; ++t) {
      const auto x =
          absl::MakeConstSpan(inputs).subspan(t * model->input_size(), model->input_size());
      StepCell<float>(cells[0], {}, x, by_hand.layers[0], workspace, {});
      StepCell<float>(cells[1], {}, by_hand.layers[0].h, by_hand.layers[1], workspace, {});
      outputs.insert(outputs.end(), by_hand.layers[1].h.begin(), by_hand.layers[1].h.end());
    }
    EXPECT_TRUE(SameBits(trace.outputs, outputs)) << "seed " << seed;
    EXPECT_TRUE(SameBits(trace.layers[1].h, outputs)) << "seed " << seed;
    EXPECT_EQ(StackStateDigest(state), StackStateDigest(by_hand)) << "seed " << seed;
  }
}

// The topmost layer of a model of two as a model of its own.
std::unique_ptr<Model> UpperLayer(const Model& model) {
  LayerStack<float> stack;
  stack.layers = {model.Layers<float>().layers[1]};
  return std::make_unique<Model>("upper", "", std::move(stack), absl::UnixEpoch());
}

TEST(StepRunner, HandsUpTheUnroundedHUnderReportAndTheRoundedUnderFeedback) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const auto model = RandomModel(seed, {.kind = {}, .layer_count = 2});
    const auto upper = UpperLayer(*model);
    const auto inputs = RandomNumbers<float>(seed, 5 * model->input_size());
    const StackTrace<float> report = RunFromZero(*model, kReport, inputs);
    EXPECT_TRUE(SameBits(report.outputs,
                         RunFromZero(*upper, kReport, report.layers[0].unrounded_h).outputs))
        << "seed " << seed;
    const StackTrace<float> feedback = RunFromZero(*model, kFeedback, inputs);
    EXPECT_TRUE(
        SameBits(feedback.outputs, RunFromZero(*upper, kFeedback, feedback.layers[0].h).outputs))
        << "seed " << seed;
  }
}

TEST(StepRunner, ReportsTheRoundedHInOutputsAndTraces) {
  const auto model = RandomModel(3, {.kind = {}, .layer_count = 2});
  const auto inputs = RandomNumbers<float>(3, 20 * model->input_size());
  for (const Numerics& numerics : {kReport, kFeedback}) {
    const StackTrace<float> trace = RunFromZero(*model, numerics, inputs);
    EXPECT_EQ(trace.outputs, trace.layers[1].h);
    for (const LayerTrace<float>& layer : trace.layers) {
      ASSERT_EQ(layer.h.size(), layer.unrounded_h.size());
      for (size_t k = 0; k < layer.h.size(); ++k) {
        EXPECT_EQ(layer.h[k], RoundTiesToZero(layer.unrounded_h[k]));
      }
    }
  }
}

TEST(StepRunner, ShowsTheSameOutputsInEveryView) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto model = RandomModel(seed, {.kind = {}, .bidirectional = seed % 2 == 0});
    const auto inputs = RandomNumbers<float>(seed, 6 * model->input_size());
    const StackTrace<float> trace = RunFromZero(*model, kReport, inputs);
    const StackTrace<float> state =
        RunFromZero(*model, kReport, inputs, {TraceView::kState, TraceDensity::kEveryStep});
    const StackTrace<float> output =
        RunFromZero(*model, kReport, inputs, {TraceView::kOutput, TraceDensity::kEveryStep});
    EXPECT_TRUE(SameBits(state.outputs, trace.outputs)) << "seed " << seed;
    EXPECT_TRUE(SameBits(output.outputs, trace.outputs)) << "seed " << seed;
    EXPECT_TRUE(SameBits(state.layers[0].h, trace.layers[0].h)) << "seed " << seed;
    EXPECT_THAT(output.layers, IsEmpty());
  }
}

TEST(StepRunner, ShowsTheLastRowUnderLastStep) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const auto model = RandomModel(seed, {.kind = {}, .bidirectional = seed % 2 == 0});
    const auto inputs = RandomNumbers<float>(seed, 5 * model->input_size());
    for (TraceView view : {TraceView::kOutput, TraceView::kState, TraceView::kTrace}) {
      const auto every = RunFromZero(*model, kReport, inputs, {view, TraceDensity::kEveryStep});
      const auto last = RunFromZero(*model, kReport, inputs, {view, TraceDensity::kLastStep});
      EXPECT_EQ(TraceDifference(last, TraceRows(every, 4, 5)), "") << "seed " << seed;
    }
  }
}

TEST(StepRunner, LeavesTheSameStateWhateverIsShown) {
  const auto model = RandomModel(8, {.kind = {}, .layer_count = 3});
  const auto inputs = RandomNumbers<float>(8, 5 * model->input_size());
  StackState<float> seen = Zero(*model);
  StackState<float> unseen = Zero(*model);
  RunSteps<float>(*model, kReport, inputs, kAll, seen);
  RunSteps<float>(*model, kReport, inputs, {TraceView::kOutput, TraceDensity::kLastStep}, unseen);
  EXPECT_EQ(StackStateDigest(seen), StackStateDigest(unseen));
}

TEST(StepRunner, ReadsASequenceBothWaysAndShowsBothInTheOrderOfTime) {
  // Both cells add x to what they have: h_t = h_{t-1} + x_t.
  RnnWeights<float> sum;
  sum.hidden = {{1}, {1}, {0}, Activation::kIdentity};
  LayerStack<float> stack;
  stack.layers = {sum};
  stack.backward_layers = {sum};
  const Model model("sums", "", stack, absl::UnixEpoch());
  StackState<float> state = Zero(model);
  const StackTrace<float> trace =
      RunSteps<float>(model, {}, std::vector<float>{1, 2, 4}, kAll, state);
  EXPECT_THAT(trace.outputs, ElementsAre(1, 7, 3, 6, 7, 4));
  EXPECT_THAT(trace.layers[0].h, ElementsAre(1, 3, 7));
  EXPECT_THAT(trace.backward_layers[0].h, ElementsAre(7, 6, 4));
  EXPECT_THAT(state.layers[0].h, ElementsAre(7));
  EXPECT_THAT(state.backward_layers[0].h, ElementsAre(7));
}

TEST(StepRunner, CountsTheNumbersOfAnAnswer) {
  const auto model = RandomModel(2, {.kind = {}, .layer_count = 2, .bidirectional = true});
  const auto inputs = RandomNumbers<float>(2, 7 * model->input_size());
  for (TraceDensity density : {TraceDensity::kEveryStep, TraceDensity::kLastStep}) {
    const TraceOptions options = {TraceView::kTrace, density};
    const StackTrace<float> trace = RunFromZero(*model, kReport, inputs, options);
    int64_t count = 0;
    for (const auto& [name, array] : ArraysOf(trace)) count += array->size();
    EXPECT_EQ(TraceNumberCount(*model, kReport, options, 7), count);
  }
}

TEST(StepRunner, CountsNoFurtherThanTheLargestNumber) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(TraceNumberCount(*HomeworkModel(), kReport, kAll, kMost), kMostTraceNumbers);
}

// Allocations that a call makes, once the thread has warmed up.
int64_t AllocationsOf(const Model& model, int64_t step_count, TraceOptions options) {
  const auto inputs = RandomNumbers<float>(4, step_count * model.input_size());
  StackState<float> state = Zero(model);
  RunSteps<float>(model, kReport, inputs, options, state);
  const int64_t before = AllocationCount();
  RunSteps<float>(model, kReport, inputs, options, state);
  return AllocationCount() - before;
}

TEST(StepRunner, AllocatesTheAnswerAndNothingElse) {
  const auto model = RandomModel(4, {.kind = {}, .layer_count = 3});
  const TraceOptions least = {TraceView::kOutput, TraceDensity::kLastStep};
  EXPECT_EQ(AllocationsOf(*model, 1, least), 1);  // the outputs
  EXPECT_EQ(AllocationsOf(*model, 500, least), 1);
  EXPECT_EQ(AllocationsOf(*model, 500, kAll), AllocationsOf(*model, 1, kAll));
}

TEST(StepRunner, AsksBetweenThePiecesOfALongRunWhetherToGoOn) {
  const auto model = HomeworkModel();
  const std::vector<float> inputs(200'000, 1.0F);
  int asked = 0;
  const auto never = [&asked] {
    ++asked;
    return absl::OkStatus();
  };
  StopHook hook{never};
  StackState<float> state = Zero(*model);
  const auto hooked = RunSteps<float>(*model, {}, inputs, {}, state, &hook);
  EXPECT_TRUE(hook.why.ok());
  EXPECT_GE(asked, 2);
  EXPECT_LE(asked, 100);  // not at every step
  EXPECT_EQ(hooked.outputs, RunFromZero(*model, {}, inputs, {}).outputs);

  asked = 0;
  const auto second = [&asked] { return ++asked == 2 ? absl::CancelledError() : absl::OkStatus(); };
  StopHook stopping{second};
  RunSteps<float>(*model, {}, inputs, {}, state, &stopping);
  EXPECT_EQ(stopping.why.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 2);
}

TEST(StepRunner, AsksNobodyDuringAShortRun) {
  const auto model = HomeworkModel();
  const auto always = [] { return absl::CancelledError(); };
  StopHook hook{always};
  StackState<float> state = Zero(*model);
  const std::vector<float> inputs(1000, 1.0F);
  EXPECT_EQ(RunSteps<float>(*model, {}, inputs, {}, state, &hook).outputs.size(), 1000u);
  EXPECT_TRUE(hook.why.ok());
}

TEST(StepRunner, StopsABidirectionalRunInEitherDirection) {
  const auto model = RandomModel(1, {.layer_count = 2, .bidirectional = true});
  const auto inputs = RandomNumbers<float>(1, 100'000 * model->input_size());
  int total = 0;
  const auto count = [&total] {
    ++total;
    return absl::OkStatus();
  };
  StopHook counting{count};
  StackState<float> state = Zero(*model);
  RunSteps<float>(*model, {}, inputs, {}, state, &counting);
  ASSERT_GE(total, 4);
  for (const int stop_at : {1, total / 2, total}) {
    int asked = 0;
    const auto stop = [&asked, stop_at] {
      return ++asked >= stop_at ? absl::CancelledError() : absl::OkStatus();
    };
    StopHook hook{stop};
    state = Zero(*model);
    RunSteps<float>(*model, {}, inputs, {}, state, &hook);
    EXPECT_FALSE(hook.why.ok());
    EXPECT_EQ(asked, stop_at);
  }
}

}  // namespace
}  // namespace cellar
