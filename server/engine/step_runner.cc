#include "server/engine/step_runner.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "server/cell/step.h"
#include "server/engine/step_recorder.h"

namespace cellar {
namespace {

// One for each thread and precision, so that a step allocates nothing after warm-up.
template <class Real>
StepWorkspace<Real>& ThreadWorkspace() {
  thread_local StepWorkspace<Real> workspace;
  return workspace;
}

// Row `row` of `rows`, which has `row_count` rows.
template <class Real>
absl::Span<const Real> RowOf(absl::Span<const Real> rows, int64_t row_count, int64_t row) {
  const int64_t length = static_cast<int64_t>(rows.size()) / row_count;
  return rows.subspan(row * length, length);
}

// The loops of one call: what stays the same in all of them.
template <class Real>
struct StepLoops {
  const LayerStack<Real>& stack;
  const Numerics& numerics;
  const int64_t step_count;
  StepRecorder<Real>& recorder;
  StepWorkspace<Real>& workspace = ThreadWorkspace<Real>();

  // Step by step, each through all layers: what has just been computed is still in the cache.
  void Forward(absl::Span<const Real> inputs, StackState<Real>& state) {
    for (int64_t step = 0; step < step_count; ++step) {
      absl::Span<const Real> x = RowOf(inputs, step_count, step);
      for (size_t layer = 0; layer < stack.layers.size(); ++layer) {
        CellState<Real>& cell_state = state.layers[layer];
        StepCell(stack.layers[layer], numerics, x, cell_state, workspace,
                 recorder.At(Direction::kForward, layer, step));
        x = cell_state.h;
      }
    }
  }

  // Layer by layer: a layer needs both directions of the one below over the whole sequence.
  void BothWays(absl::Span<const Real> inputs, StackState<Real>& state) {
    std::vector<Real> below;  // what the layer below hands up, row by row
    for (size_t layer = 0; layer < stack.layers.size(); ++layer) {
      const int64_t forward_size = ShapeOf(stack.layers[layer]).output_size;
      const int64_t row_length = forward_size + ShapeOf(stack.backward_layers[layer]).output_size;
      std::vector<Real> above(step_count * row_length);
      for (int64_t step = 0; step < step_count; ++step) {
        CellState<Real>& cell_state = state.layers[layer];
        StepCell(stack.layers[layer], numerics, RowOf(inputs, step_count, step), cell_state,
                 workspace, recorder.At(Direction::kForward, layer, step));
        std::copy(cell_state.h.begin(), cell_state.h.end(), above.begin() + step * row_length);
      }
      for (int64_t step = step_count - 1; step >= 0; --step) {
        CellState<Real>& cell_state = state.backward_layers[layer];
        StepCell(stack.backward_layers[layer], numerics, RowOf(inputs, step_count, step),
                 cell_state, workspace, recorder.At(Direction::kBackward, layer, step));
        std::copy(cell_state.h.begin(), cell_state.h.end(),
                  above.begin() + step * row_length + forward_size);
      }
      below = std::move(above);
      inputs = below;
    }
  }
};

}  // namespace

template <class Real>
StackTrace<Real> RunSteps(const Model& model, const Numerics& numerics,
                          absl::Span<const Real> inputs, TraceOptions options,
                          StackState<Real>& state) {
  const int64_t step_count = static_cast<int64_t>(inputs.size()) / model.input_size();
  StepRecorder<Real> recorder(model, numerics, options, step_count);
  StepLoops<Real> loops{model.Layers<Real>(), numerics, step_count, recorder};
  if (model.bidirectional()) {
    loops.BothWays(inputs, state);
  } else {
    loops.Forward(inputs, state);
  }
  return recorder.Take();
}

template StackTrace<float> RunSteps(const Model&, const Numerics&, absl::Span<const float>,
                                    TraceOptions, StackState<float>&);
template StackTrace<double> RunSteps(const Model&, const Numerics&, absl::Span<const double>,
                                     TraceOptions, StackState<double>&);

int64_t TraceNumberCount(const Model& model, const Numerics& numerics, TraceOptions options,
                         int64_t step_count) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  const int64_t row_numbers = RowNumberCount(model, numerics, options.view);
  const int64_t rows = ShownStepCount(options.density, step_count);
  // Too many to count are too many to send.
  return rows > kMost / row_numbers ? kMost : rows * row_numbers;
}

}  // namespace cellar
