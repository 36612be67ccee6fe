#include "server/engine/step_run.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "server/base/status_macros.h"
#include "server/engine/step_pieces.h"

namespace cellar {
namespace {

// What a thread keeps for its next Advance, so that a step allocates nothing after warm-up.
template <class Real>
struct AdvanceWorkspace {
  std::vector<PieceRow<Real>> rows;
  // The h of all steps of an advance, as a layer hands them to the next, one session after the
  // other: of even and of odd layers.
  std::vector<Real> handed_up[2];
};

template <class Real>
AdvanceWorkspace<Real>& ThreadAdvance() {
  thread_local AdvanceWorkspace<Real> workspace;
  return workspace;
}

}  // namespace

template <class Real>
StepRun<Real>::StepRun(const Model& model, const Numerics& numerics, absl::Span<const Real> inputs,
                       TraceOptions options, StackState<Real>& state)
    : stack_(&model.Packed<Real>()),
      numerics_(&numerics),
      inputs_(inputs.data()),
      state_(&state),
      numbers_(nullptr),
      step_count_(static_cast<int64_t>(inputs.size()) / model.input_size()),
      recorder_(model, numerics, options, step_count_) {}

template <class Real>
StepRun<Real>::StepRun(const Model& model, const Numerics& numerics, absl::Span<const Real> inputs,
                       TraceOptions options, absl::Span<Real> state)
    : stack_(&model.Packed<Real>()),
      numerics_(&numerics),
      inputs_(inputs.data()),
      state_(nullptr),
      numbers_(state.data()),
      step_count_(static_cast<int64_t>(inputs.size()) / model.input_size()),
      recorder_(model, numerics, options, step_count_) {}

template <class Real>
int64_t StepRun<Real>::LongestAdvance(int64_t run_count) const {
  int64_t longest = LongestPiece(stack_->layers[0], run_count);
  for (const PackedCell<Real>& layer : stack_->layers) {
    longest = std::min(longest, LongestPiece(layer, run_count));
  }
  return longest;
}

template <class Real>
int64_t Advance(absl::Span<StepRun<Real>* const> runs, int64_t count,
                const std::atomic<int64_t>* newcomers, StepCrew* crew) {
  const std::vector<PackedCell<Real>>& layers = runs[0]->stack_->layers;
  AdvanceWorkspace<Real>& workspace = ThreadAdvance<Real>();
  std::vector<PieceRow<Real>>& rows = workspace.rows;
  rows.resize(runs.size());
  for (size_t k = 0; k < runs.size(); ++k) {
    StepRun<Real>& run = *runs[k];
    rows[k].x = run.inputs_ + run.made_ * layers[0].shape.input_size;
    rows[k].recorder = &run.recorder_;
    rows[k].first_step = run.made_;
  }
  int64_t made = count;
  int64_t numbers_below = 0;  // in a state: those of the layers below
  for (size_t layer = 0; layer < layers.size(); ++layer) {
    Piece<Real> piece{layers[layer], *runs[0]->numerics_};
    piece.layer = static_cast<int64_t>(layer);
    piece.count = made;
    // The layers above make as many steps as the lowest did.
    if (layer == 0) piece.newcomers = newcomers;
    piece.crew = crew;
    const bool topmost = layer + 1 == layers.size();
    std::vector<Real>& above = workspace.handed_up[layer % 2];
    piece.above_stride = layers[layer].shape.output_size;
    const auto above_length = static_cast<size_t>(made * piece.above_stride);
    if (!topmost) above.resize(runs.size() * above_length);
    for (size_t k = 0; k < runs.size(); ++k) {
      const StepRun<Real>& run = *runs[k];
      if (run.state_ != nullptr) {
        rows[k].h = run.state_->layers[layer].h.data();
        rows[k].c = run.state_->layers[layer].c.data();
      } else {
        rows[k].h = run.numbers_ + numbers_below;
        rows[k].c = rows[k].h + layers[layer].shape.output_size;
      }
      rows[k].above = topmost ? nullptr : above.data() + k * above_length;
    }
    made = StepPiece<Real>(piece, rows, ThreadWorkspace<Real>());
    numbers_below += layers[layer].shape.output_size + layers[layer].shape.memory_size();
    for (PieceRow<Real>& row : rows) row.x = row.above;
  }
  for (StepRun<Real>* run : runs) run->made_ += made;
  return made;
}

template <class Real>
absl::Status RunToEnd(StepRun<Real>& run, WantedCheck wanted) {
  const int64_t longest = run.left() == 1 ? 1 : run.LongestAdvance(1);
  StepRun<Real>* const only = &run;
  while (true) {
    Advance<Real>({&only, 1}, std::min(run.left(), longest));
    if (run.left() == 0) return absl::OkStatus();
    CELLAR_RETURN_IF_ERROR(wanted());
  }
}

absl::Status RunToEnd(AnyStepRun& run, WantedCheck wanted) {
  return std::visit([&](auto& typed) { return RunToEnd(typed, wanted); }, run);
}

template class StepRun<float>;
template class StepRun<double>;
template int64_t Advance(absl::Span<StepRun<float>* const>, int64_t, const std::atomic<int64_t>*,
                         StepCrew*);
template int64_t Advance(absl::Span<StepRun<double>* const>, int64_t, const std::atomic<int64_t>*,
                         StepCrew*);
template absl::Status RunToEnd(StepRun<float>&, WantedCheck);
template absl::Status RunToEnd(StepRun<double>&, WantedCheck);

}  // namespace cellar
