// One step of one cell under formulas that may be wrong. Under the right ones it is StepCell, bit
// for bit (tests/grading), though slower: here what counts is that each formula can be read.
//
// Thread safety: as StepCell.
#ifndef CELLAR_SERVER_GRADING_MISTAKEN_STEP_H_
#define CELLAR_SERVER_GRADING_MISTAKEN_STEP_H_

#include <vector>

#include "absl/types/span.h"
#include "server/cell/cell_state.h"
#include "server/cell/cell_weights.h"
#include "server/cell/step.h"
#include "server/grading/mistaken_formulas.h"

namespace cellar {

// Scratch memory, reusable for any cell: each gate in turn, then what comes up on the way. [H] each
// but for h, [P].
template <class Real>
struct MistakenWorkspace {
  std::vector<Real> gates[4];
  std::vector<Real> sums;
  std::vector<Real> hidden;
  std::vector<Real> h;
  std::vector<Real> reset_h;
  CellState<Real> before;  // what stands where the state before the step should
};

// What a step is made from, beside the state before it. All of it outlives the step.
template <class Real>
struct MistakenStep {
  const CellWeights<Real>& weights;
  const StepFormulas& formulas;
  absl::Span<const Real> x;        // [I]
  const CellState<Real>& initial;  // that the sequence started from
};

// Replaces `state` by the state one step later. REQUIRES: both states have the shape of the
// weights; kMemory and kHidden need P = H.
template <class Real>
void StepMistaken(const MistakenStep<Real>& step, CellState<Real>& state,
                  MistakenWorkspace<Real>& workspace, const StepTrace<Real>& trace);

// By the rule; never -0.
template <class Real>
Real RoundBy(RoundingRule rule, Real value);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKEN_STEP_H_
