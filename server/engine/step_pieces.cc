#include "server/engine/step_pieces.h"

#include <algorithm>
#include <cstddef>

#include "server/engine/crew_policy.h"

namespace cellar {
namespace {

// Steps whose inputs are multiplied beforehand take memory for this many bytes of sums.
constexpr int64_t kPieceBytes = int64_t{512} << 10;

// A small cell's recurrent weights stay in the first cache: a step of one row, whose chains begin
// and end in registers, takes no longer than its share of a step of many rows, or less. So up to so
// many multiply-adds a row makes some steps before the next row makes its own.
constexpr int64_t kMostCostRowByRow = 4096;
constexpr int64_t kStepsRowByRow = 16;

// The inputs of all rows, one session after the other; copied only if they do not stand so already.
template <class Real>
absl::Span<const Real> SideBySide(absl::Span<const PieceRow<Real>> rows, int64_t row_length,
                                  std::vector<Real>& gathered) {
  const auto length = static_cast<size_t>(row_length);
  const Real* next = rows[0].x;
  for (const PieceRow<Real>& row : rows) {
    if (row.x != next) break;
    next += row_length;
  }
  const size_t size = rows.size() * length;
  if (next == rows[0].x + size) return {rows[0].x, size};
  gathered.resize(size);
  for (size_t k = 0; k < rows.size(); ++k) {
    std::copy_n(rows[k].x, length, gathered.data() + k * length);
  }
  return gathered;
}

// Whether the inputs of all steps are multiplied before the first of them.
template <class Real>
bool MultipliesInputs(const Piece<Real>& piece, absl::Span<const PieceRow<Real>> rows) {
  return piece.count > 1 && PaysToMultiplyInputs(piece.cell, static_cast<int64_t>(rows.size()));
}

// Multiplies the inputs of all steps at once: weights are read once for many steps.
template <class Real>
void MultiplyAll(const Piece<Real>& piece, absl::Span<const PieceRow<Real>> rows,
                 PieceWorkspace<Real>& workspace) {
  const int64_t row_length = piece.count * piece.cell.shape.input_size;
  const auto step_count = static_cast<int64_t>(rows.size()) * piece.count;
  const auto size = static_cast<size_t>(step_count * InputSumsLength(piece.cell));
  AlignedBuffer<Real>& sums = workspace.input_sums;
  if (sums.size() < size) sums = AlignedBuffer<Real>(size);
  const absl::Span<const Real> x = SideBySide(rows, row_length, workspace.gathered);
  const int64_t cost =
      static_cast<int64_t>(x.size()) * piece.cell.input.rows() * piece.cell.input.gates();
  if (piece.crew == nullptr || !PaysToShare(cost)) {
    MultiplyInputs<Real>(piece.cell, x, absl::MakeSpan(sums.data(), size));
    return;
  }
  // Who multiplies the inputs for some output rows also steps these.
  const int64_t blocks = piece.cell.input.blocks();
  const int64_t length =
      PartBlocks(blocks, PanelBlocks(piece.cell.input.gates()), piece.crew->seats());
  const int64_t count = (blocks + length - 1) / length;
  piece.crew->ShareOut({.count = count, .cost = cost / count}, [&](int64_t part) {
    const BlockRange range = {part * length, std::min((part + 1) * length, blocks)};
    MultiplyInputBlocks<Real>(piece.cell, x, range, absl::MakeSpan(sums.data(), size));
  });
}

// A step shared out; `cost` in multiply-adds.
template <class Real>
void StepShared(const Piece<Real>& piece, absl::Span<const StepRow<Real>> rows, int64_t cost,
                PieceWorkspace<Real>& workspace) {
  FitWorkspace(piece.cell, static_cast<int64_t>(rows.size()), workspace.rows);
  for (int phase = 0; phase < PhaseCount(piece.cell); ++phase) {
    const int64_t blocks = PhaseBlocks(piece.cell, phase);
    const int64_t length =
        PartBlocks(blocks, PhasePanelBlocks(piece.cell, phase), piece.crew->seats());
    const int64_t count = (blocks + length - 1) / length;
    const StepCrew::Parts parts = {count, cost / count, workspace.rows.backwards};
    piece.crew->ShareOut(parts, [&](int64_t part) {
      const BlockRange range = {part * length, std::min((part + 1) * length, blocks)};
      RunPhase<Real>(piece.cell, piece.numerics, rows, phase, range, workspace.rows);
    });
  }
  FinishRows<Real>(piece.cell, piece.numerics, rows, workspace.rows);
}

// Multiply-adds of one step of one session, without its input's if they are made beforehand.
template <class Real>
int64_t StepCostOf(const Piece<Real>& piece, bool multiplied) {
  const PackedCell<Real>& cell = piece.cell;
  int64_t cost = 0;
  for (const PackedMatrix<Real>* matrix : {&cell.recurrent, &cell.candidate, &cell.projection}) {
    cost += matrix->gates() * matrix->rows() * matrix->columns();
  }
  if (multiplied) return cost;
  return cost + cell.input.gates() * cell.input.rows() * cell.input.columns();
}

// Puts every row before its step `step`.
template <class Real>
void PlaceRows(const Piece<Real>& piece, absl::Span<const PieceRow<Real>> rows, bool multiplied,
               int64_t step, PieceWorkspace<Real>& workspace) {
  const int64_t sums_length = InputSumsLength(piece.cell);
  workspace.step_rows.assign(rows.size(), {});
  for (size_t k = 0; k < rows.size(); ++k) {
    const PieceRow<Real>& row = rows[k];
    StepRow<Real>& step_row = workspace.step_rows[k];
    step_row.x = row.x + step * piece.cell.shape.input_size;
    if (multiplied) {
      const int64_t number = static_cast<int64_t>(k) * piece.count + step;
      step_row.input_sums = workspace.input_sums.data() + number * sums_length;
    }
    step_row.h = row.h;
    step_row.c = row.c;
    step_row.trace = row.recorder->At(piece.direction, piece.layer, row.first_step + step);
  }
}

// Some rows of a piece, each before the same step.
template <class Real>
struct RowsAt {
  absl::Span<const PieceRow<Real>> rows;
  absl::Span<StepRow<Real>> at;
  int64_t step;
};

// Moves them to before a later step (`by` is 1), or an earlier one (-1). REQUIRES: a piece of many.
template <class Real>
void Move(const Piece<Real>& piece, int64_t by, RowsAt<Real>& group) {
  const int64_t sums_length = InputSumsLength(piece.cell);
  for (size_t k = 0; k < group.rows.size(); ++k) {
    const PieceRow<Real>& row = group.rows[k];
    StepRow<Real>& at = group.at[k];
    at.x += by * piece.cell.shape.input_size;
    if (at.input_sums != nullptr) at.input_sums += by * sums_length;
    row.recorder->Move(piece.direction, piece.layer, row.first_step + group.step, by, at.trace);
  }
  group.step += by;
}

// Their step, which costs so many multiply-adds.
template <class Real>
void StepTogether(const Piece<Real>& piece, const RowsAt<Real>& group, int64_t cost,
                  PieceWorkspace<Real>& workspace) {
  if (piece.crew != nullptr && PaysToShare(cost)) {
    StepShared<Real>(piece, group.at, cost, workspace);
  } else {
    StepRows<Real>(piece.cell, piece.numerics, group.at, workspace.rows);
  }
  for (const PieceRow<Real>& row : group.rows) {
    if (row.above == nullptr) continue;
    std::copy_n(row.h, piece.cell.shape.output_size, row.above + group.step * piece.above_stride);
  }
}

}  // namespace

template <class Real>
PieceWorkspace<Real>& ThreadWorkspace() {
  thread_local PieceWorkspace<Real> workspace;
  return workspace;
}

template <class Real>
int64_t StepPiece(const Piece<Real>& piece, absl::Span<const PieceRow<Real>> rows,
                  PieceWorkspace<Real>& workspace) {
  const bool multiplied = MultipliesInputs(piece, rows);
  if (multiplied) MultiplyAll(piece, rows, workspace);
  const int64_t by = piece.direction == Direction::kForward ? 1 : -1;
  const auto row_count = static_cast<int64_t>(rows.size());
  const int64_t row_cost = StepCostOf(piece, multiplied);
  const bool row_by_row = multiplied && row_cost <= kMostCostRowByRow;
  const int64_t group_size = row_by_row ? 1 : row_count;
  int64_t step = by > 0 ? 0 : piece.count - 1;
  PlaceRows(piece, rows, multiplied, step, workspace);
  const absl::Span<StepRow<Real>> at = absl::MakeSpan(workspace.step_rows);
  const auto somebody_came = [&piece] {
    return piece.newcomers != nullptr && piece.newcomers->load(std::memory_order_relaxed) != 0;
  };
  for (int64_t made = 0;;) {
    const bool longer = row_by_row && !somebody_came();
    const int64_t stretch = longer ? std::min(kStepsRowByRow, piece.count - made) : 1;
    for (int64_t first = 0; first < row_count; first += group_size) {
      RowsAt<Real> group = {rows.subspan(first, group_size), at.subspan(first, group_size), step};
      for (int64_t k = 1; k <= stretch; ++k) {
        StepTogether(piece, group, row_cost * group_size, workspace);
        if (made + k < piece.count) Move(piece, by, group);
      }
    }
    made += stretch;
    step += by * stretch;
    if (made == piece.count || somebody_came()) return made;
  }
}

template <class Real>
int64_t LongestPiece(const PackedCell<Real>& cell, int64_t row_count) {
  const int64_t step_bytes = row_count * InputSumsLength(cell) * static_cast<int64_t>(sizeof(Real));
  return std::max<int64_t>(1, kPieceBytes / step_bytes);
}

template PieceWorkspace<float>& ThreadWorkspace<float>();
template PieceWorkspace<double>& ThreadWorkspace<double>();
template int64_t StepPiece(const Piece<float>&, absl::Span<const PieceRow<float>>,
                           PieceWorkspace<float>&);
template int64_t StepPiece(const Piece<double>&, absl::Span<const PieceRow<double>>,
                           PieceWorkspace<double>&);
template int64_t LongestPiece(const PackedCell<float>&, int64_t);
template int64_t LongestPiece(const PackedCell<double>&, int64_t);

}  // namespace cellar
