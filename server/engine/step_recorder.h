// The answer of RunSteps while it is being written: which arrays it has, and where each step of
// each layer writes.
//
// Thread safety: a recorder belongs to one thread; the functions are pure.
#ifndef CELLAR_SERVER_ENGINE_STEP_RECORDER_H_
#define CELLAR_SERVER_ENGINE_STEP_RECORDER_H_

#include <cstdint>

#include "server/cell/step.h"
#include "server/engine/step_runner.h"

namespace cellar {

enum class Direction { kForward, kBackward };

template <class Real>
class StepRecorder {
 public:
  // Makes room for the shown ones of `step_count` steps. `model` outlives the recorder.
  StepRecorder(const Model& model, const Numerics& numerics, TraceOptions options,
               int64_t step_count);

  // Where layer `layer` of `direction` shows itself at time `step`; all spans are empty if it does
  // not. Allocates nothing. Valid until Take.
  StepTrace<Real> At(Direction direction, int64_t layer, int64_t step);

  // The same, `by` steps later (earlier, if negative), from where it shows itself at `step`: what
  // is worked out for the first of many steps holds for all. Both are steps of the recorder.
  void Move(Direction direction, int64_t layer, int64_t step, int64_t by, StepTrace<Real>& at) {
    if (options_.density == TraceDensity::kLastStep) {
      at = At(direction, layer, step + by);
    } else if (options_.view == TraceView::kOutput) {
      MoveBy(by * outputs_stride_, at.h);
    } else {
      MoveBy(by * static_cast<int64_t>(at.h.size()), at.h);
      MoveInside(by, at);
    }
  }

  // The answer; means nothing before the last step. REQUIRES: called once, and At not after it.
  StackTrace<Real> Take();

 private:
  // The part of row `row` of the outputs that belongs to `direction`.
  absl::Span<Real> OutputsOf(Direction direction, int64_t row);

  static void MoveBy(int64_t length, absl::Span<Real>& row) {
    if (!row.empty()) row = absl::MakeSpan(row.data() + length, row.size());
  }
  // All but h: rows of an array each.
  static void MoveInside(int64_t by, StepTrace<Real>& at);

  const Model& model_;
  const TraceOptions options_;
  const int64_t step_count_;
  const int64_t outputs_stride_;
  StackTrace<Real> trace_;
};

// How many of `step_count` steps are shown.
int64_t ShownStepCount(TraceDensity density, int64_t step_count);

// Numbers in the trace of one shown step: its outputs and every array of every layer.
int64_t RowNumberCount(const Model& model, const Numerics& numerics, TraceView view);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_STEP_RECORDER_H_
