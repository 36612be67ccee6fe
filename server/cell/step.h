// One step of one cell, as it is defined: what tests compare StepRows to, which other floors call.
// step.cc is the definition, to be read.
//
// Bits: the result is a pure function of weights, rules, state and x, equal on every processor.
// Sums over k are chains of fused multiply-adds in ascending k; z = (b + sum W x) + (sum U h), the
// two sums added once; everything else is rounded operation by operation in the order in which
// model.proto writes it. A NaN that is stored or reported is always the canonical quiet NaN (sign
// 0, payload 0).
//
// Thread safety: weights are only read; state, workspace and trace belong to the caller's thread
// during the call. No allocation, lock, log or system call once the workspace fits.
#ifndef CELLAR_SERVER_CELL_STEP_H_
#define CELLAR_SERVER_CELL_STEP_H_

#include <vector>

#include "absl/types/span.h"
#include "server/cell/cell_state.h"
#include "server/cell/cell_weights.h"
#include "server/cell/numerics.h"

namespace cellar {

// Scratch memory of a step. Reusable for any cell: a step enlarges what is too small.
template <class Real>
struct StepWorkspace {
  std::vector<Real> gates;   // [4, H] at most
  std::vector<Real> hidden;  // [H]: r * h, or o * tanh(c) before the projection
  std::vector<Real> h;       // [P]: the new h, while the old one is still read
};

// Where one step shows itself: each span is empty (not wanted) or as long as the value. A cell
// fills what it has.
template <class Real>
struct StepTrace {
  absl::Span<Real> h;            // [P] as reported: rounded if rounding is on
  absl::Span<Real> unrounded_h;  // [P]
  absl::Span<Real> c;            // [H]
  absl::Span<Real> forget_gate;  // [H], as all below
  absl::Span<Real> input_gate;
  absl::Span<Real> output_gate;
  absl::Span<Real> update_gate;
  absl::Span<Real> reset_gate;
  absl::Span<Real> candidate;
};

// Replaces `state` by the state one step later. `numerics.precision` is ignored: Real decides.
// After the call state.h is what the layer above takes as its x (unrounded under kReport, rounded
// under kFeedback). REQUIRES: x has I elements, state has the shape of the weights; x does not
// alias state or workspace.
template <class Real>
void StepCell(const CellWeights<Real>& weights, const Numerics& numerics, absl::Span<const Real> x,
              CellState<Real>& state, StepWorkspace<Real>& workspace, const StepTrace<Real>& trace);

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_STEP_H_
