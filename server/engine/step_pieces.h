// A few steps, one after the other, of one layer and of one session or more: what every loop over
// time and layers is made of.
//
// Thread safety: belongs to one thread at a time, like the workspace.
#ifndef CELLAR_SERVER_ENGINE_STEP_PIECES_H_
#define CELLAR_SERVER_ENGINE_STEP_PIECES_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "server/base/aligned_buffer.h"
#include "server/cell/numerics.h"
#include "server/cell/step_rows.h"
#include "server/engine/step_crew.h"
#include "server/engine/step_recorder.h"

namespace cellar {

// What a thread keeps for the next piece, so that a step allocates nothing after warm-up.
template <class Real>
struct PieceWorkspace {
  RowsWorkspace<Real> rows;
  AlignedBuffer<Real> input_sums;        // of all steps of the piece
  std::vector<Real> gathered;            // their inputs side by side
  std::vector<StepRow<Real>> step_rows;  // of one step
};

// The calling thread's.
template <class Real>
PieceWorkspace<Real>& ThreadWorkspace();

// What all sessions of a piece have in common.
template <class Real>
struct Piece {
  const PackedCell<Real>& cell;
  const Numerics& numerics;
  Direction direction = Direction::kForward;  // of a backward layer backwards in time
  int64_t layer = 0;
  int64_t count = 1;         // steps
  int64_t above_stride = 0;  // see PieceRow
  // Forward only: the piece ends after a step at which this is not 0; of a small cell, when it
  // becomes so, up to 15 steps later. Null: it does not.
  const std::atomic<int64_t>* newcomers = nullptr;
  // The caller leads it: what is large enough is shared out. Null: nobody helps.
  StepCrew* crew = nullptr;
};

// One session in a piece.
template <class Real>
struct PieceRow {
  const Real* x = nullptr;  // [count, I]
  Real* h = nullptr;        // [P], of this layer: stepped in place
  Real* c = nullptr;        // [H] likewise; not looked at if the cell has none
  StepRecorder<Real>* recorder = nullptr;
  int64_t first_step = 0;  // what the recorder knows the first step by
  Real* above = nullptr;   // where the h of each step goes, above_stride apart; null: nowhere
};

// Steps every row through the piece and returns how many steps that were: all, or fewer because of
// newcomers, but at least one. The bits do not depend on who shares the piece, nor on its length.
// REQUIRES: the rows are of different sessions.
template <class Real>
int64_t StepPiece(const Piece<Real>& piece, absl::Span<const PieceRow<Real>> rows,
                  PieceWorkspace<Real>& workspace);

// The longest piece that `row_count` sessions should be stepped through at once in this cell: the
// more steps, the more often weights that were read are used; the fewer, the less is driven out of
// the caches. At least 1.
template <class Real>
int64_t LongestPiece(const PackedCell<Real>& cell, int64_t row_count);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_STEP_PIECES_H_
