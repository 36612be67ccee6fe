// What step_rows.cc calls: the kernels compiled for one instruction set. Plain C++; vectors stay
// behind it.
//
// Thread safety: the functions behind the pointers are pure functions of their arguments.
#ifndef CELLAR_SERVER_CELL_ROW_KERNELS_H_
#define CELLAR_SERVER_CELL_ROW_KERNELS_H_

#include <cstdint>

#include "server/cell/dispatch.h"
#include "server/cell/step_rows.h"

namespace cellar {

// Some blocks of one phase of a step of `row_count` rows.
template <class Real>
struct PhaseArguments {
  const PackedCell<Real>& cell;
  ActivationRule rule;
  const StepRow<Real>* rows;
  int64_t row_count;
  BlockRange blocks;
  RowsWorkspace<Real>& workspace;  // fits
};

template <class Real>
struct RowKernels {
  // MultiplyInputBlocks for `row_count` rows of x.
  void (*multiply_inputs)(const PackedCell<Real>& cell, const Real* x, int64_t row_count,
                          BlockRange blocks, Real* sums);
  // RunPhase, phase 0 and phase 1.
  void (*first_phase)(const PhaseArguments<Real>& arguments);
  void (*second_phase)(const PhaseArguments<Real>& arguments);
  // All of a step of one row that does not round, its h and trace included; false, and nothing is
  // done, if there is no shorter way for such a cell than the phases. The workspace need not fit.
  bool (*try_step_alone)(const PhaseArguments<Real>& arguments);
  // The activations on `count` numbers, in place; for tests.
  void (*activate)(Activation activation, ActivationRule rule, int64_t count, Real* values);
};

// REQUIRES: RunsHere(target).
template <class Real>
const RowKernels<Real>& RowKernelsOf(KernelTarget target);

// StepRows on a chosen target; for tests. REQUIRES: RunsHere(target).
template <class Real>
void StepRowsOn(KernelTarget target, const PackedCell<Real>& cell, const Numerics& numerics,
                absl::Span<const StepRow<Real>> rows, RowsWorkspace<Real>& workspace);

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_ROW_KERNELS_H_
