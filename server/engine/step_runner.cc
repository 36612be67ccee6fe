#include "server/engine/step_runner.h"

#include <algorithm>
#include <utility>

#include "server/base/aligned_buffer.h"
#include "server/cell/step_rows.h"
#include "server/engine/step_recorder.h"

namespace cellar {
namespace {

// Steps whose inputs are multiplied beforehand take memory for this many bytes of sums: the more
// steps, the more often weights that were read are used; the fewer, the less is driven out of the
// caches.
constexpr int64_t kPieceBytes = int64_t{512} << 10;

// What a call keeps for the next one, so that a step allocates nothing after warm-up.
template <class Real>
struct RunWorkspace {
  RowsWorkspace<Real> rows;
  AlignedBuffer<Real> input_sums;  // of the steps of a piece
  std::vector<Real> handed_up[2];  // a piece as a layer hands it to the next: even and odd layers
};

// One for each thread and precision.
template <class Real>
RunWorkspace<Real>& ThreadWorkspace() {
  thread_local RunWorkspace<Real> workspace;
  return workspace;
}

// Steps one after the other, begin <= step < end.
struct Piece {
  int64_t begin;
  int64_t end;
  int64_t count() const { return end - begin; }
};

// Where the h of each step goes: row `step` of rows that may be longer than h. Null: nowhere.
template <class Real>
struct HandUp {
  Real* rows = nullptr;
  int64_t stride = 0;
};

// The loops of one call: what stays the same in all of them.
template <class Real>
struct StepLoops {
  const PackedStack<Real>& stack;
  const Numerics& numerics;
  const int64_t step_count;
  StepRecorder<Real>& recorder;
  StopHook* const hook;
  RunWorkspace<Real>& workspace = ThreadWorkspace<Real>();

  // Whether nobody wants the outcome any more.
  bool MustStop() const {
    if (hook == nullptr) return false;
    if (hook->why.ok()) hook->why = hook->wanted();
    return !hook->why.ok();
  }

  // The pieces that `step_count` steps of this cell are cut into.
  int64_t PieceLength(const PackedCell<Real>& cell) const {
    const int64_t row_bytes = InputSumsLength(cell) * static_cast<int64_t>(sizeof(Real));
    return std::clamp<int64_t>(kPieceBytes / row_bytes, 1, step_count);
  }

  // Steps one layer through a piece, backwards in time for a backward layer. `x` and `above` begin
  // at the piece's first step.
  void StepPiece(Direction direction, size_t layer, Piece piece, const Real* x, HandUp<Real> above,
                 StackState<Real>& state) {
    const bool forward = direction == Direction::kForward;
    const PackedCell<Real>& cell = (forward ? stack.layers : stack.backward_layers)[layer];
    CellState<Real>& cell_state = (forward ? state.layers : state.backward_layers)[layer];
    const int64_t input_size = cell.shape.input_size;
    const int64_t sums_length = InputSumsLength(cell);
    if (piece.count() > 1)
      MultiplyPiece(cell, {x, static_cast<size_t>(piece.count() * input_size)});
    for (int64_t k = 0; k < piece.count(); ++k) {
      const int64_t step = forward ? k : piece.count() - 1 - k;
      StepRow<Real> row;
      row.x = x + step * input_size;
      if (piece.count() > 1) row.input_sums = workspace.input_sums.data() + step * sums_length;
      row.h = cell_state.h.data();
      row.c = cell_state.c.data();
      row.trace = recorder.At(direction, static_cast<int64_t>(layer), piece.begin + step);
      StepRows<Real>(cell, numerics, {&row, 1}, workspace.rows);
      if (above.rows == nullptr) continue;
      std::copy(cell_state.h.begin(), cell_state.h.end(), above.rows + step * above.stride);
    }
  }

  // Inputs of all steps of a piece at once: weights are read once for many steps.
  void MultiplyPiece(const PackedCell<Real>& cell, absl::Span<const Real> x) {
    const int64_t rows = static_cast<int64_t>(x.size()) / cell.shape.input_size;
    const auto size = static_cast<size_t>(rows * InputSumsLength(cell));
    AlignedBuffer<Real>& sums = workspace.input_sums;
    if (sums.size() < size) sums = AlignedBuffer<Real>(size);
    MultiplyInputs<Real>(cell, x, absl::MakeSpan(sums.data(), size));
  }

  // Piece by piece, each through all layers.
  void Forward(absl::Span<const Real> inputs, StackState<Real>& state) {
    int64_t length = step_count;
    for (const auto& layer : stack.layers) length = std::min(length, PieceLength(layer));
    for (int64_t begin = 0; begin < step_count; begin += length) {
      if (begin > 0 && MustStop()) return;
      const Piece piece = {begin, std::min(begin + length, step_count)};
      const Real* x = inputs.data() + begin * stack.layers.front().shape.input_size;
      for (size_t layer = 0; layer < stack.layers.size(); ++layer) {
        HandUp<Real> above;
        if (layer + 1 < stack.layers.size()) {
          std::vector<Real>& rows = workspace.handed_up[layer % 2];
          above.stride = stack.layers[layer].shape.output_size;
          rows.resize(static_cast<size_t>(piece.count() * above.stride));
          above.rows = rows.data();
        }
        StepPiece(Direction::kForward, layer, piece, x, above, state);
        x = above.rows;
      }
    }
  }

  // Layer by layer: a layer needs both directions of the one below over the whole sequence.
  void BothWays(absl::Span<const Real> inputs, StackState<Real>& state) {
    std::vector<Real> below;  // what the layer below hands up, row by row
    const Real* x = inputs.data();
    for (size_t layer = 0; layer < stack.layers.size(); ++layer) {
      const CellShape& shape = stack.layers[layer].shape;
      const int64_t forward_size = shape.output_size;
      const int64_t row_length = forward_size + stack.backward_layers[layer].shape.output_size;
      const int64_t length = PieceLength(stack.layers[layer]);
      std::vector<Real> above(step_count * row_length);
      const auto step_piece = [&](Direction direction, int64_t begin, Real* rows) {
        StepPiece(direction, layer, {begin, std::min(begin + length, step_count)},
                  x + begin * shape.input_size, {rows + begin * row_length, row_length}, state);
      };
      for (int64_t begin = 0; begin < step_count; begin += length) {
        if (begin > 0 && MustStop()) return;
        step_piece(Direction::kForward, begin, above.data());
      }
      for (int64_t begin = (step_count - 1) / length * length; begin >= 0; begin -= length) {
        if (begin > 0 && MustStop()) return;
        step_piece(Direction::kBackward, begin, above.data() + forward_size);
      }
      below = std::move(above);
      x = below.data();
    }
  }
};

}  // namespace

template <class Real>
StackTrace<Real> RunSteps(const Model& model, const Numerics& numerics,
                          absl::Span<const Real> inputs, TraceOptions options,
                          StackState<Real>& state, StopHook* hook) {
  const int64_t step_count = static_cast<int64_t>(inputs.size()) / model.input_size();
  StepRecorder<Real> recorder(model, numerics, options, step_count);
  StepLoops<Real> loops{model.Packed<Real>(), numerics, step_count, recorder, hook};
  if (model.bidirectional()) {
    loops.BothWays(inputs, state);
  } else {
    loops.Forward(inputs, state);
  }
  return recorder.Take();
}

template StackTrace<float> RunSteps(const Model&, const Numerics&, absl::Span<const float>,
                                    TraceOptions, StackState<float>&, StopHook*);
template StackTrace<double> RunSteps(const Model&, const Numerics&, absl::Span<const double>,
                                     TraceOptions, StackState<double>&, StopHook*);

int64_t TraceNumberCount(const Model& model, const Numerics& numerics, TraceOptions options,
                         int64_t step_count) {
  constexpr int64_t kMost = kMostTraceNumbers;
  const int64_t row_numbers = RowNumberCount(model, numerics, options.view);
  const int64_t rows = ShownStepCount(options.density, step_count);
  // Too many to count are too many to send.
  return rows > kMost / row_numbers ? kMost : rows * row_numbers;
}

}  // namespace cellar
