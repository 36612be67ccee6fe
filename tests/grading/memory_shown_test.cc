#include "server/grading/memory_shown.h"

#include <cmath>

#include "gtest/gtest.h"
#include "server/engine/step_runner.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

// A cell's own memory is shown as the cell shows it.
TEST(ShowMemory, GivesTheCellsOwnH) {
  int shown = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const auto model = RandomModel(
        seed, {.precision = Precision::kFloat64, .kind = CellKind::kLstm, .layer_count = 1});
    const LayerStack<double> stack = model->Layers<double>();
    const CellWeights<double>& weights = stack.layers[0];
    if (!std::get<LstmWeights<double>>(weights).projection.empty()) continue;
    for (Numerics numerics : {Numerics{}, kCourseRules}) {
      numerics.precision = Precision::kFloat64;
      auto state = std::get<StackState<double>>(ZeroStackState(*model, Precision::kFloat64));
      const auto trace =
          RunSteps<double>(*model, numerics, RandomNumbers<double>(seed, 3 * model->input_size()),
                           {TraceView::kTrace, TraceDensity::kLastStep}, state);
      CellState<double> again = state.layers[0];
      for (double& h : again.h) h = 99;
      ShowMemory(weights, numerics, trace.layers[0].output_gate, again);
      for (size_t k = 0; k < again.h.size(); ++k) {
        EXPECT_NEAR(again.h[k], state.layers[0].h[k], 1e-12) << "seed " << seed;
      }
      ++shown;
    }
  }
  EXPECT_GT(shown, 100);
}

TEST(ShowMemory, LeavesOtherCellsAndProjectionsAlone) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const auto model = RandomModel(seed, {.layer_count = 1});
    const LayerStack<float> stack = model->Layers<float>();
    const CellWeights<float>& weights = stack.layers[0];
    const auto* lstm = std::get_if<LstmWeights<float>>(&weights);
    if (lstm != nullptr && lstm->projection.empty()) continue;
    CellState<float> state = ZeroState<float>(ShapeOf(weights));
    for (float& h : state.h) h = 99;
    const CellState<float> before = state;
    ShowMemory(weights, {}, std::vector<float>(9, 1.0F), state);
    EXPECT_EQ(state, before);
  }
}

}  // namespace
}  // namespace cellar
