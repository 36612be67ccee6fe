#include "server/engine/step_recorder.h"

#include <algorithm>
#include <utility>

namespace cellar {
namespace {

// Which arrays the trace of one layer has.
struct TraceArrays {
  bool h = false;
  bool c = false;
  bool lstm_gates = false;  // f, i, o
  bool gru_gates = false;   // z, r
  bool candidate = false;
  bool unrounded_h = false;
};

TraceArrays ArraysOf(const CellShape& shape, const Numerics& numerics, TraceView view) {
  const bool lstm = shape.kind == CellKind::kLstm;
  const bool gru =
      shape.kind == CellKind::kGruResetBefore || shape.kind == CellKind::kGruResetAfter;
  const bool gates = view == TraceView::kTrace;
  TraceArrays arrays;
  arrays.h = view != TraceView::kOutput;
  arrays.c = arrays.h && lstm;
  arrays.lstm_gates = gates && lstm;
  arrays.gru_gates = gates && gru;
  arrays.candidate = gates && (lstm || gru);
  arrays.unrounded_h = gates && numerics.rounding != Rounding::kNone;
  return arrays;
}

// Numbers in one row of a layer's trace.
int64_t RowNumberCount(const CellShape& shape, const TraceArrays& arrays) {
  const int64_t hidden_arrays =
      arrays.c + 3 * arrays.lstm_gates + 2 * arrays.gru_gates + arrays.candidate;
  const int64_t output_arrays = arrays.h + arrays.unrounded_h;
  return hidden_arrays * shape.hidden_size + output_arrays * shape.output_size;
}

template <class Real>
LayerTrace<Real> MakeLayerTrace(const CellShape& shape, const TraceArrays& arrays, int64_t rows) {
  LayerTrace<Real> trace;
  const int64_t hidden = rows * shape.hidden_size;
  const int64_t output = rows * shape.output_size;
  if (arrays.h) trace.h.resize(output);
  if (arrays.c) trace.c.resize(hidden);
  if (arrays.lstm_gates) trace.forget_gate.resize(hidden);
  if (arrays.lstm_gates) trace.input_gate.resize(hidden);
  if (arrays.lstm_gates) trace.output_gate.resize(hidden);
  if (arrays.gru_gates) trace.update_gate.resize(hidden);
  if (arrays.gru_gates) trace.reset_gate.resize(hidden);
  if (arrays.candidate) trace.candidate.resize(hidden);
  if (arrays.unrounded_h) trace.unrounded_h.resize(output);
  return trace;
}

template <class Real>
absl::Span<Real> RowOf(std::vector<Real>& array, int64_t row, int64_t length) {
  if (array.empty()) return {};
  return absl::MakeSpan(array.data() + row * length, length);
}

const std::vector<CellShape>& ShapesOf(const Model& model, Direction direction) {
  return direction == Direction::kForward ? model.shapes() : model.backward_shapes();
}

}  // namespace

template <class Real>
StepRecorder<Real>::StepRecorder(const Model& model, const Numerics& numerics, TraceOptions options,
                                 int64_t step_count)
    : model_(model),
      options_(options),
      step_count_(step_count),
      outputs_stride_(model.output_size()) {
  const int64_t rows = ShownStepCount(options.density, step_count);
  trace_.step_count = rows;
  trace_.outputs.resize(rows * outputs_stride_);
  if (options.view == TraceView::kOutput) return;
  for (const CellShape& shape : model.shapes()) {
    const TraceArrays arrays = ArraysOf(shape, numerics, options.view);
    trace_.layers.push_back(MakeLayerTrace<Real>(shape, arrays, rows));
  }
  for (const CellShape& shape : model.backward_shapes()) {
    const TraceArrays arrays = ArraysOf(shape, numerics, options.view);
    trace_.backward_layers.push_back(MakeLayerTrace<Real>(shape, arrays, rows));
  }
}

template <class Real>
absl::Span<Real> StepRecorder<Real>::OutputsOf(Direction direction, int64_t row) {
  const absl::Span<Real> both = RowOf(trace_.outputs, row, outputs_stride_);
  const int64_t forward_size = model_.shapes().back().output_size;
  return direction == Direction::kForward ? both.subspan(0, forward_size)
                                          : both.subspan(forward_size);
}

template <class Real>
StepTrace<Real> StepRecorder<Real>::At(Direction direction, int64_t layer, int64_t step) {
  StepTrace<Real> at;
  const bool last_only = options_.density == TraceDensity::kLastStep;
  if (last_only && step != step_count_ - 1) return at;
  const int64_t row = last_only ? 0 : step;
  const std::vector<CellShape>& shapes = ShapesOf(model_, direction);
  if (options_.view == TraceView::kOutput) {
    const bool topmost = layer + 1 == static_cast<int64_t>(shapes.size());
    if (topmost) at.h = OutputsOf(direction, row);
    return at;
  }
  const CellShape& shape = shapes[layer];
  LayerTrace<Real>& trace =
      direction == Direction::kForward ? trace_.layers[layer] : trace_.backward_layers[layer];
  at.h = RowOf(trace.h, row, shape.output_size);
  at.unrounded_h = RowOf(trace.unrounded_h, row, shape.output_size);
  at.c = RowOf(trace.c, row, shape.hidden_size);
  at.forget_gate = RowOf(trace.forget_gate, row, shape.hidden_size);
  at.input_gate = RowOf(trace.input_gate, row, shape.hidden_size);
  at.output_gate = RowOf(trace.output_gate, row, shape.hidden_size);
  at.update_gate = RowOf(trace.update_gate, row, shape.hidden_size);
  at.reset_gate = RowOf(trace.reset_gate, row, shape.hidden_size);
  at.candidate = RowOf(trace.candidate, row, shape.hidden_size);
  return at;
}

template <class Real>
void StepRecorder<Real>::MoveInside(int64_t by, StepTrace<Real>& at) {
  for (absl::Span<Real>* const row :
       {&at.unrounded_h, &at.c, &at.forget_gate, &at.input_gate, &at.output_gate, &at.update_gate,
        &at.reset_gate, &at.candidate}) {
    MoveBy(by * static_cast<int64_t>(row->size()), *row);
  }
}

template <class Real>
StackTrace<Real> StepRecorder<Real>::Take() {
  // With only the outputs in view the topmost layers have written there themselves.
  for (int64_t row = 0; options_.view != TraceView::kOutput && row < trace_.step_count; ++row) {
    for (Direction direction : {Direction::kForward, Direction::kBackward}) {
      auto& layers = direction == Direction::kForward ? trace_.layers : trace_.backward_layers;
      if (layers.empty()) continue;
      const absl::Span<Real> outputs = OutputsOf(direction, row);
      const absl::Span<const Real> h = RowOf(layers.back().h, row, outputs.size());
      std::copy(h.begin(), h.end(), outputs.begin());
    }
  }
  return std::move(trace_);
}

template class StepRecorder<float>;
template class StepRecorder<double>;

int64_t ShownStepCount(TraceDensity density, int64_t step_count) {
  return density == TraceDensity::kLastStep ? 1 : step_count;
}

int64_t RowNumberCount(const Model& model, const Numerics& numerics, TraceView view) {
  int64_t count = model.output_size();
  for (Direction direction : {Direction::kForward, Direction::kBackward}) {
    for (const CellShape& shape : ShapesOf(model, direction)) {
      count += RowNumberCount(shape, ArraysOf(shape, numerics, view));
    }
  }
  return count;
}

}  // namespace cellar
