#include "server/engine/step_recorder.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Numerics kRounding = {.rounding = Rounding::kNearestTiesToZero};

std::shared_ptr<const Model> OneLayer(CellKind kind) {
  return RandomModel(1, {.kind = kind, .layer_count = 1, .max_size = 3});
}

std::shared_ptr<const Model> Bidirectional() {
  return RandomModel(5, {.kind = {}, .layer_count = 2, .max_size = 3, .bidirectional = true});
}

// Names of the arrays that are there.
std::vector<std::string> ArraysFor(CellKind kind, const Numerics& numerics, TraceView view) {
  const auto model = OneLayer(kind);
  StepRecorder<float> recorder(*model, numerics, {view, TraceDensity::kEveryStep}, 2);
  const StackTrace<float> trace = recorder.Take();
  std::vector<std::string> names;
  for (const auto& [name, array] : ArraysOf(trace)) {
    if (!array->empty()) names.push_back(name);
  }
  return names;
}

TEST(StepRecorder, ShowsOnlyOutputsInViewOutput) {
  EXPECT_THAT(ArraysFor(CellKind::kLstm, kRounding, TraceView::kOutput), ElementsAre("outputs"));
}

TEST(StepRecorder, ShowsHAndCInViewState) {
  EXPECT_THAT(ArraysFor(CellKind::kLstm, kRounding, TraceView::kState),
              ElementsAre("outputs", "layers[0].h", "layers[0].c"));
  EXPECT_THAT(ArraysFor(CellKind::kGruResetAfter, kRounding, TraceView::kState),
              ElementsAre("outputs", "layers[0].h"));
}

TEST(StepRecorder, ShowsTheGatesThatACellHasInViewTrace) {
  EXPECT_THAT(ArraysFor(CellKind::kLstm, {}, TraceView::kTrace),
              ElementsAre("outputs", "layers[0].h", "layers[0].c", "layers[0].forget_gate",
                          "layers[0].input_gate", "layers[0].output_gate", "layers[0].candidate"));
  for (CellKind kind : {CellKind::kGruResetBefore, CellKind::kGruResetAfter}) {
    EXPECT_THAT(ArraysFor(kind, {}, TraceView::kTrace),
                ElementsAre("outputs", "layers[0].h", "layers[0].update_gate",
                            "layers[0].reset_gate", "layers[0].candidate"));
  }
  EXPECT_THAT(ArraysFor(CellKind::kRnn, {}, TraceView::kTrace),
              ElementsAre("outputs", "layers[0].h"));
}

TEST(StepRecorder, ShowsTheUnroundedHOnlyWhereHIsRounded) {
  EXPECT_THAT(ArraysFor(CellKind::kRnn, kRounding, TraceView::kTrace),
              ElementsAre("outputs", "layers[0].h", "layers[0].unrounded_h"));
}

TEST(StepRecorder, CountsTheNumbersThatItMakesRoomFor) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto model = RandomModel(seed, {.kind = {}, .bidirectional = seed % 2 == 0});
    const Numerics numerics = seed % 3 == 0 ? kRounding : Numerics{};
    for (TraceView view : {TraceView::kOutput, TraceView::kState, TraceView::kTrace}) {
      StepRecorder<float> recorder(*model, numerics, {view, TraceDensity::kLastStep}, 9);
      const StackTrace<float> trace = recorder.Take();
      int64_t count = 0;
      for (const auto& [name, array] : ArraysOf(trace)) count += array->size();
      EXPECT_EQ(RowNumberCount(*model, numerics, view), count) << "seed " << seed;
    }
  }
}

// Every span that a step may write to.
std::vector<absl::Span<float>> SpansOf(const StepTrace<float>& trace) {
  return {trace.h,           trace.unrounded_h, trace.c,
          trace.forget_gate, trace.input_gate,  trace.output_gate,
          trace.update_gate, trace.reset_gate,  trace.candidate};
}

TEST(StepRecorder, GivesEveryStepItsOwnPlaceInEveryArray) {
  const auto model = Bidirectional();
  constexpr int64_t kSteps = 3;
  StepRecorder<float> recorder(*model, kRounding, {TraceView::kTrace, TraceDensity::kEveryStep},
                               kSteps);
  float next = 1;
  for (int64_t step = 0; step < kSteps; ++step) {
    for (int64_t layer = 0; layer < 2; ++layer) {
      for (Direction direction : {Direction::kForward, Direction::kBackward}) {
        for (absl::Span<float> span : SpansOf(recorder.At(direction, layer, step))) {
          for (float& number : span) number = next++;
        }
      }
    }
  }
  const StackTrace<float> trace = recorder.Take();
  std::vector<float> written;
  for (const auto& [name, array] : ArraysOf(trace)) {
    if (name != "outputs") written.insert(written.end(), array->begin(), array->end());
    EXPECT_TRUE(std::is_sorted(array->begin(), array->end())) << name << ": rows out of order";
  }
  std::sort(written.begin(), written.end());
  ASSERT_EQ(written.size(), static_cast<size_t>(next) - 1);  // nothing was written twice
  EXPECT_EQ(std::adjacent_find(written.begin(), written.end()), written.end());
}

// Where it is moved to is where it is at.
TEST(StepRecorder, MovesToWhereOtherStepsShowThemselves) {
  const auto model = Bidirectional();
  constexpr int64_t kSteps = 4;
  for (TraceView view : {TraceView::kOutput, TraceView::kState, TraceView::kTrace}) {
    for (TraceDensity density : {TraceDensity::kEveryStep, TraceDensity::kLastStep}) {
      StepRecorder<float> recorder(*model, kRounding, {view, density}, kSteps);
      for (Direction direction : {Direction::kForward, Direction::kBackward}) {
        for (int64_t k = 0; k < 2 * kSteps * kSteps; ++k) {
          const int64_t layer = k % 2;
          const int64_t from = k / 2 % kSteps;
          const int64_t to = k / 2 / kSteps;
          StepTrace<float> at = recorder.At(direction, layer, from);
          recorder.Move(direction, layer, from, to - from, at);
          const auto moved = SpansOf(at);
          const auto expected = SpansOf(recorder.At(direction, layer, to));
          for (size_t i = 0; i < moved.size(); ++i) {
            EXPECT_EQ(moved[i].data(), expected[i].data()) << "span " << i << ", step " << to;
            EXPECT_EQ(moved[i].size(), expected[i].size()) << "span " << i << ", step " << to;
          }
        }
      }
    }
  }
}

TEST(StepRecorder, PutsBothDirectionsSideBySideIntoTheOutputs) {
  const auto model = Bidirectional();
  const auto forward_size = static_cast<size_t>(model->shapes().back().output_size);
  for (TraceView view : {TraceView::kOutput, TraceView::kState, TraceView::kTrace}) {
    StepRecorder<float> recorder(*model, {}, {view, TraceDensity::kEveryStep}, 2);
    for (int64_t step = 0; step < 2; ++step) {
      for (float& h : recorder.At(Direction::kForward, 1, step).h) h = 10.0f + step;
      for (float& h : recorder.At(Direction::kBackward, 1, step).h) h = 20.0f + step;
    }
    const std::vector<float> outputs = recorder.Take().outputs;
    const size_t row = outputs.size() / 2;
    for (size_t k = 0; k < outputs.size(); ++k) {
      const float expected = (k % row < forward_size ? 10.0f : 20.0f) + k / row;
      EXPECT_EQ(outputs[k], expected) << "output " << k;
    }
  }
}

TEST(StepRecorder, ShowsOnlyTheTopmostLayerInViewOutput) {
  const auto model = Bidirectional();
  StepRecorder<float> recorder(*model, {}, {TraceView::kOutput, TraceDensity::kEveryStep}, 1);
  EXPECT_THAT(recorder.At(Direction::kForward, 0, 0).h, IsEmpty());
  EXPECT_THAT(recorder.At(Direction::kBackward, 0, 0).h, IsEmpty());
  EXPECT_THAT(recorder.At(Direction::kForward, 1, 0).h, testing::Not(IsEmpty()));
}

TEST(StepRecorder, ShowsOnlyTheLastStepWhenAskedTo) {
  const auto model = Bidirectional();
  for (TraceView view : {TraceView::kOutput, TraceView::kTrace}) {
    StepRecorder<float> recorder(*model, kRounding, {view, TraceDensity::kLastStep}, 3);
    for (int64_t step : {0, 1}) {
      for (absl::Span<float> span : SpansOf(recorder.At(Direction::kForward, 1, step))) {
        EXPECT_THAT(span, IsEmpty());
      }
    }
    for (float& h : recorder.At(Direction::kForward, 1, 2).h) h = 7;
    const StackTrace<float> trace = recorder.Take();
    EXPECT_EQ(trace.step_count, 1);
    EXPECT_EQ(trace.outputs.size(), static_cast<size_t>(model->output_size()));
    EXPECT_EQ(trace.outputs[0], 7);
  }
}

}  // namespace
}  // namespace cellar
