#include "server/engine/step_runner.h"

#include <algorithm>
#include <utility>

#include "server/engine/step_pieces.h"
#include "server/engine/step_recorder.h"
#include "server/engine/step_run.h"

namespace cellar {
namespace {

// Layer by layer over the whole sequence: a layer needs both directions of the one below.
template <class Real>
class BothWays {
 public:
  BothWays(const PackedStack<Real>& stack, const Numerics& numerics, int64_t step_count,
           StepRecorder<Real>& recorder, StopHook* hook)
      : stack_(stack),
        numerics_(numerics),
        step_count_(step_count),
        recorder_(recorder),
        hook_(hook) {}

  void Run(absl::Span<const Real> inputs, StackState<Real>& state) {
    std::vector<Real> below;  // what the layer below hands up, row by row
    const Real* x = inputs.data();
    for (size_t layer = 0; layer < stack_.layers.size(); ++layer) {
      const CellShape& shape = stack_.layers[layer].shape;
      const int64_t forward_size = shape.output_size;
      const int64_t row_length = forward_size + stack_.backward_layers[layer].shape.output_size;
      const int64_t length = std::min(LongestPiece<Real>(stack_.layers[layer], 1), step_count_);
      std::vector<Real> above(step_count_ * row_length);
      const auto step_piece = [&](Direction direction, int64_t begin, Real* rows) {
        const bool forward = direction == Direction::kForward;
        Piece<Real> piece{(forward ? stack_.layers : stack_.backward_layers)[layer], numerics_,
                          direction, static_cast<int64_t>(layer)};
        piece.count = std::min(length, step_count_ - begin);
        piece.above_stride = row_length;
        CellState<Real>& cell_state = (forward ? state.layers : state.backward_layers)[layer];
        const PieceRow<Real> row = {x + begin * shape.input_size,
                                    cell_state.h.data(),
                                    cell_state.c.data(),
                                    &recorder_,
                                    begin,
                                    rows + begin * row_length};
        StepPiece<Real>(piece, {&row, 1}, ThreadWorkspace<Real>());
      };
      for (int64_t begin = 0; begin < step_count_; begin += length) {
        if (begin > 0 && MustStop()) return;
        step_piece(Direction::kForward, begin, above.data());
      }
      for (int64_t begin = (step_count_ - 1) / length * length; begin >= 0; begin -= length) {
        if (begin > 0 && MustStop()) return;
        step_piece(Direction::kBackward, begin, above.data() + forward_size);
      }
      below = std::move(above);
      x = below.data();
    }
  }

 private:
  // Whether nobody wants the outcome any more.
  bool MustStop() const {
    if (hook_ == nullptr) return false;
    if (hook_->why.ok()) hook_->why = hook_->wanted();
    return !hook_->why.ok();
  }

  const PackedStack<Real>& stack_;
  const Numerics& numerics_;
  const int64_t step_count_;
  StepRecorder<Real>& recorder_;
  StopHook* const hook_;
};

}  // namespace

template <class Real>
StackTrace<Real> RunSteps(const Model& model, const Numerics& numerics,
                          absl::Span<const Real> inputs, TraceOptions options,
                          StackState<Real>& state, StopHook* hook) {
  if (model.bidirectional()) {
    const int64_t step_count = static_cast<int64_t>(inputs.size()) / model.input_size();
    StepRecorder<Real> recorder(model, numerics, options, step_count);
    BothWays<Real>(model.Packed<Real>(), numerics, step_count, recorder, hook).Run(inputs, state);
    return recorder.Take();
  }
  StepRun<Real> run(model, numerics, inputs, options, state);
  const auto wanted = [hook] {
    if (hook == nullptr || !hook->why.ok()) return hook == nullptr ? absl::OkStatus() : hook->why;
    return hook->why = hook->wanted();
  };
  RunToEnd(run, wanted).IgnoreError();  // the hook tells
  return run.TakeTrace();
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
