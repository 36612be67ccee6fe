// Numbers of a trace, found by the place that an exercise gives them.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_TRACE_VALUES_H_
#define CELLAR_SERVER_GRADING_TRACE_VALUES_H_

#include <cstdint>
#include <vector>

#include "server/engine/step_runner.h"
#include "server/grading/asked_value.h"

namespace cellar {

// Every gate of every step.
inline constexpr TraceOptions kEveryValue = {TraceView::kTrace, TraceDensity::kEveryStep};

// The rows of a quantity in a layer's trace; empty if it is not there.
template <class Real>
const std::vector<Real>& RowsOf(const LayerTrace<Real>& layer, Quantity quantity) {
  switch (quantity) {
    case Quantity::kH:
      return layer.h;
    case Quantity::kC:
      return layer.c;
    case Quantity::kForgetGate:
      return layer.forget_gate;
    case Quantity::kInputGate:
      return layer.input_gate;
    case Quantity::kOutputGate:
      return layer.output_gate;
    case Quantity::kUpdateGate:
      return layer.update_gate;
    case Quantity::kResetGate:
      return layer.reset_gate;
    case Quantity::kCandidate:
      return layer.candidate;
  }
  return layer.h;
}

// The value asked for, in a trace of view kTrace whose row `row` shows its step. REQUIRES: the
// trace has it.
template <class Real>
double TraceValue(const StackTrace<Real>& trace, const AskedValue& asked, int64_t row) {
  const std::vector<Real>& rows = RowsOf(trace.layers[asked.layer], asked.quantity);
  const auto width = static_cast<int64_t>(rows.size()) / trace.step_count;
  return static_cast<double>(rows[row * width + asked.element]);
}

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_TRACE_VALUES_H_
