// Steps at full speed: one step of one cell for one session or for many at once, over packed
// weights. The bits are those of StepCell (step.h), whatever shares the batch, however rows are
// cut, on every processor; tests compare.
//
// StepRows does everything. Two things can be had apart, with the same bits:
//   - MultiplyInputs does the part of a step that depends on x alone, for as many steps as are
//     known; each of them is then given to StepRows with its input_sums.
//   - A step can be shared by threads: each runs its own blocks of every phase, all wait for each
//     other between two phases, and one of them finishes.
//
// Thread safety: cells are only read; rows and workspace belong to the call (to all calls of a
// shared step). No allocation, lock, log or system call once the workspace fits.
#ifndef CELLAR_SERVER_CELL_STEP_ROWS_H_
#define CELLAR_SERVER_CELL_STEP_ROWS_H_

#include <cstdint>

#include "absl/types/span.h"
#include "server/base/aligned_buffer.h"
#include "server/cell/numerics.h"
#include "server/cell/packed_cell.h"
#include "server/cell/step.h"

namespace cellar {

// One session in a batch. No two buffers overlap, nor those of two rows, except that rows may share
// x. Of the rows of one step all have input_sums, or none has.
template <class Real>
struct StepRow {
  // [I]; not read if input_sums is given.
  const Real* x = nullptr;
  // [InputSumsLength], from MultiplyInputs; aligned like a cache line.
  const Real* input_sums = nullptr;
  // [P], replaced by the step: what the layer above takes as its x.
  Real* h = nullptr;
  // [H], replaced by the step; of an LSTM only.
  Real* c = nullptr;
  // Empty spans are not wanted.
  StepTrace<Real> trace = {};
};

// Scratch memory of a step. Reusable for any cell and number of rows.
template <class Real>
struct RowsWorkspace {
  AlignedBuffer<Real> new_h;       // [rows, padded P]: the new h, while the old one is still read
  AlignedBuffer<Real> hidden;      // [rows, padded H]: r * h, or o * tanh(c) before the projection
  AlignedBuffer<Real> update;      // [rows, padded H]: z of a GRU reset before
  AlignedBuffer<Real> input_sums;  // [rows, InputSumsLength] of a GRU reset before
  // Every other step reads the weights from the last block to the first: what one step read last is
  // what caches still hold for the next. Blocks do not depend on each other, so no bit depends on
  // this.
  bool backwards = false;
};

// Replaces the state of every row by the state one step later, and shows what the traces ask for.
// `numerics.precision` is ignored: Real decides.
template <class Real>
void StepRows(const PackedCell<Real>& cell, const Numerics& numerics,
              absl::Span<const StepRow<Real>> rows, RowsWorkspace<Real>& workspace);

// ---- The inputs of steps that are known beforehand ----

template <class Real>
int64_t InputSumsLength(const PackedCell<Real>& cell) {
  return cell.input.blocks() * cell.input.block_width();
}

// sums[t] = b + W x[t] for the rows of `x` ([T, I], row-major). REQUIRES: x.size() is a multiple of
// I; `sums` is [T, InputSumsLength] and aligned like a cache line.
template <class Real>
void MultiplyInputs(const PackedCell<Real>& cell, absl::Span<const Real> x, absl::Span<Real> sums);

// Whether steps of `row_count` sessions are cheaper with it. Not those of one session of a small
// cell: each waits for the sums of h, and those of x are made meanwhile.
template <class Real>
bool PaysToMultiplyInputs(const PackedCell<Real>& cell, int64_t row_count);

// ---- A step in parts ----

// Blocks of output rows (packed_matrix.h). Both ends are multiples of the blocks of a panel, or the
// last block's end. REQUIRES: first < end.
struct BlockRange {
  int64_t first = 0;
  int64_t end = 0;
};

// Some blocks of MultiplyInputs: of each of the sums their part, the rest stays as it is. Calls for
// other blocks may run at the same time. REQUIRES: as MultiplyInputs.
template <class Real>
void MultiplyInputBlocks(const PackedCell<Real>& cell, absl::Span<const Real> x, BlockRange blocks,
                         absl::Span<Real> sums);

// Phases of a step of this cell: 1, or 2 for a projection and for a GRU reset before.
template <class Real>
int PhaseCount(const PackedCell<Real>& cell);

// Blocks of `phase`, all of which must be run before the next phase begins.
template <class Real>
int64_t PhaseBlocks(const PackedCell<Real>& cell, int phase);

// So many blocks of `phase` are read side by side, and stay together when they are shared out.
template <class Real>
int64_t PhasePanelBlocks(const PackedCell<Real>& cell, int phase);

// Makes the workspace fit; before the first phase.
template <class Real>
void FitWorkspace(const PackedCell<Real>& cell, int64_t row_count, RowsWorkspace<Real>& workspace);

// Runs some blocks of one phase of a step of all rows. Calls for other blocks may run at the same
// time.
template <class Real>
void RunPhase(const PackedCell<Real>& cell, const Numerics& numerics,
              absl::Span<const StepRow<Real>> rows, int phase, BlockRange blocks,
              RowsWorkspace<Real>& workspace);

// After the last phase: rounds, and makes the new h the rows' h.
template <class Real>
void FinishRows(const PackedCell<Real>& cell, const Numerics& numerics,
                absl::Span<const StepRow<Real>> rows, RowsWorkspace<Real>& workspace);

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_STEP_ROWS_H_
