// Multiply, then pointwise, a few blocks of output rows and a group of the batch at a time (of one
// row all blocks), so that the sums are still in the first cache when the gates are made of them.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#if defined(CELLAR_SERVER_CELL_VECTOR_SPANS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_SPANS_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_SPANS_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_SPANS_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "server/cell/row_kernels.h"
#include "server/cell/vector_place-inl.h"
#include "server/cell/vector_products-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// Rows of the batch in a span: the sums of the widest panel are kept for so many at once.
constexpr int64_t kSpanRows = 32;
constexpr int64_t kMostPanelVectors = 8;

template <class Real>
struct Sums {  // 16 KiB
  alignas(kCacheLineBytes) Real of[kSpanRows * kMostPanelVectors * kBlockRows<Real>];
};

enum class Factor { kH, kHidden };

// What `row` is multiplied with.
template <class Real>
HWY_INLINE const Real* FactorOf(const PhaseArguments<Real>& step, Factor factor, int64_t row) {
  if (factor == Factor::kH) return step.rows[row].h;
  return step.workspace.hidden.data() + row * PaddedRows<Real>(step.cell.shape.hidden_size);
}

// Some blocks and some rows whose sums are made and used together.
struct Span {
  BlockRange blocks;
  int64_t row, row_count;
  int64_t next_block;  // of the span that will be next
};

// What rows are multiplied with: some blocks of a matrix.
template <class Real>
struct Panels {
  const PackedMatrix<Real>& matrix;
  const Real* start;  // [block][gate][lane] of the whole matrix, or null: 0
  BlockRange blocks;
};

// sums[r] = start + matrix rows[r], from the first of the blocks on; backwards: from the last panel
// to the first. `after` is what is read next.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyPanels(D d, const Panels<Real>& panels, bool backwards,
                               const Real* const* rows, int64_t row_count, Real* sums,
                               int64_t sums_stride, const Real* after) {
  const PackedMatrix<Real>& matrix = panels.matrix;
  const BlockRange blocks = panels.blocks;
  const int64_t panel_blocks = PanelBlocks(matrix.gates());
  const int64_t last = blocks.first + ((blocks.end - blocks.first - 1) & -panel_blocks);
  const int64_t ahead = backwards ? -panel_blocks : panel_blocks;
  const int64_t stop = backwards ? blocks.first : last;
  for (int64_t block = backwards ? last : blocks.first;; block += ahead) {
    MultiplyBlocks(d, matrix, panels.start, block, HWY_MIN(panel_blocks, blocks.end - block), rows,
                   row_count, sums + (block - blocks.first) * matrix.block_width(), sums_stride,
                   block == stop ? after : matrix.BlockAt(block + ahead));
    if (block == stop) return;
  }
}

// Where the sums of a span stand.
template <class Real>
struct SpanSums {
  const Real* of_inputs[kSpanRows];  // of each row; anything if the points have no inputs
  const Real* of_h;                  // [row of the span][block][gate][lane]
};

// Where a span makes the sums of its inputs: in `sums`, or where the second phase of a GRU reset
// before finds them.
template <class Real>
struct MadeInputSums {
  Real* first;
  int64_t stride;  // from row to row
};
template <class Real>
HWY_INLINE MadeInputSums<Real> PlaceOfInputSums(const PhaseArguments<Real>& step, const Span& span,
                                                Sums<Real>& sums) {
  const int64_t width = step.cell.input.block_width();
  if (step.cell.shape.kind != CellKind::kGruResetBefore) {
    return {sums.of, (span.blocks.end - span.blocks.first) * width};
  }
  const int64_t length = InputSumsLength(step.cell);
  return {step.workspace.input_sums.data() + span.row * length + span.blocks.first * width, length};
}

// Visits all rows of a span.
template <class Point, class D, class Real = hn::TFromD<D>>
HWY_INLINE void VisitRows(D d, const PhaseArguments<Real>& step, const PackedMatrix<Real>& U,
                          const Span& span, const SpanSums<Real>& sums, const Point& point) {
  const int64_t first = span.blocks.first * kBlockRows<Real>;
  const int64_t count = HWY_MIN(U.rows(), span.blocks.end * kBlockRows<Real>) - first;
  const int64_t stride = PaddedRows<Real>(step.cell.shape.output_size);
  const int64_t width = U.block_width();
  Real* const nowhere = nullptr;
  for (int64_t r = 0; r < span.row_count; ++r) {
    const int64_t row = span.row + r;
    VisitRow(d, step.rows[row], row, step.workspace.new_h.data() + row * stride, nowhere,
             {first, count}, {sums.of_inputs[r], step.cell.input.block_width()},
             {sums.of_h + r * (span.blocks.end - span.blocks.first) * width, width}, point);
  }
}

// Makes the sums of a span, then takes each point to all its places.
template <class D, class Real = hn::TFromD<D>, class... Points>
HWY_INLINE void StepSpan(D d, const PhaseArguments<Real>& step, const PackedMatrix<Real>& U,
                         const Real* start, Factor factor, const Span& span,
                         const Points&... points) {
  const PackedMatrix<Real>& W = step.cell.input;
  const bool given = step.rows[0].input_sums != nullptr;
  const bool makes_inputs = (Points::kHasInputs || ...) && !given && factor == Factor::kH;
  const bool backwards = step.workspace.backwards;
  Sums<Real> input, recurrent;
  const MadeInputSums<Real> made = PlaceOfInputSums(step, span, input);
  SpanSums<Real> sums;
  const Real *x[kSpanRows], *h[kSpanRows];
  for (int64_t r = 0; r < span.row_count; ++r) {
    const StepRow<Real>& row = step.rows[span.row + r];
    x[r] = row.x;
    h[r] = FactorOf(step, factor, span.row + r);
    sums.of_inputs[r] =
        given ? row.input_sums + span.blocks.first * W.block_width() : made.first + r * made.stride;
  }
  sums.of_h = recurrent.of;

  // What is read last, backwards is read first.
  const bool inputs_last = backwards && span.row_count == 1;
  const auto multiply_inputs = [&]() HWY_ATTR {
    MultiplyPanels(d, {W, step.cell.input_start.BlockAt(0), span.blocks}, backwards, x,
                   span.row_count, made.first, made.stride, U.BlockAt(span.blocks.first));
  };
  if (makes_inputs && !inputs_last) multiply_inputs();
  MultiplyPanels(d, {U, start, span.blocks}, backwards, h, span.row_count, recurrent.of,
                 (span.blocks.end - span.blocks.first) * U.block_width(),
                 (makes_inputs ? W : U).BlockAt(span.next_block));
  if (makes_inputs && inputs_last) multiply_inputs();
  (VisitRows(d, step, U, span, sums, points), ...);
}

// A phase: all spans of its blocks and rows. `U` is what the recurrent factor is multiplied with.
template <class D, class Real = hn::TFromD<D>, class... Points>
HWY_INLINE void StepSpans(D d, const PhaseArguments<Real>& step, const PackedMatrix<Real>& U,
                          const Real* start, Factor factor, const Points&... points) {
  // Of one row there is room for the sums of as many panels as of rows.
  const int64_t span_blocks = PanelBlocks(U.gates()) * (step.row_count == 1 ? kSpanRows : 1);
  const bool backwards = step.workspace.backwards;
  const int64_t last =
      step.blocks.first + ((step.blocks.end - step.blocks.first - 1) & -span_blocks);
  const int64_t ahead = backwards ? -span_blocks : span_blocks;
  const int64_t stop = backwards ? step.blocks.first : last;
  for (int64_t block = backwards ? last : step.blocks.first;; block += ahead) {
    const BlockRange blocks = {block, HWY_MIN(block + span_blocks, step.blocks.end)};
    for (int64_t row = 0; row < step.row_count; row += kSpanRows) {
      const int64_t left = step.row_count - row;
      // The rows that are left take the same blocks once more.
      const int64_t next_block = left > kSpanRows || block == stop ? block : block + ahead;
      StepSpan(d, step, U, start, factor, {blocks, row, HWY_MIN(kSpanRows, left), next_block},
               points...);
    }
    if (block == stop) break;
  }
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_SPANS_INL_H_
