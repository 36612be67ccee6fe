// Multiply, then pointwise, a few blocks of output rows and a group of the batch at a time, so that
// the sums are still in the first cache when the gates are made of them.
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

// Rows of the batch whose sums are kept at once, for the widest panel.
constexpr int64_t kGroupRows = 32;
constexpr int64_t kMostPanelVectors = 8;

template <class Real>
struct Sums {  // 16 KiB
  alignas(kCacheLineBytes) Real of[kGroupRows * kMostPanelVectors * kBlockRows<Real>];
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
  int64_t block, block_count;
  int64_t row, row_count;
  int64_t next_block;  // of the span that will be next
};

// sums[r] = b + W x[r] for at most kGroupRows rows, of the blocks given.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyInputRows(D d, const PackedCell<Real>& cell, BlockRange blocks,
                                  const Real* const* x, int64_t row_count, Real* sums) {
  const PackedMatrix<Real>& W = cell.input;
  const int64_t span_blocks = PanelBlocks(W.gates());
  for (int64_t block = blocks.first; block < blocks.end; block += span_blocks) {
    MultiplyBlocks(d, W, cell.input_start.BlockAt(0), block,
                   HWY_MIN(span_blocks, blocks.end - block), x, row_count,
                   sums + block * W.block_width(), InputSumsLength(cell),
                   W.BlockAt(block + span_blocks < blocks.end ? block + span_blocks : block));
  }
}

// Whether the sums of inputs were given, or kept by an earlier phase.
template <class Real>
HWY_INLINE bool InputSumsAreThere(const PhaseArguments<Real>& step) {
  return step.cell.shape.kind == CellKind::kGruResetBefore || step.rows[0].input_sums != nullptr;
}

// The sums of inputs of a span: those given or kept for its rows, or made here. `at` gets a pointer
// for each row.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE void InputSums(D d, const PhaseArguments<Real>& step, const Span& span, Sums<Real>& sums,
                          const Real** at) {
  const PackedMatrix<Real>& W = step.cell.input;
  const int64_t width = span.block_count * W.block_width();
  const bool kept = step.cell.shape.kind == CellKind::kGruResetBefore;
  const Real* x[kGroupRows];
  for (int64_t r = 0; r < span.row_count; ++r) {
    const StepRow<Real>& row = step.rows[span.row + r];
    x[r] = row.x;
    if (row.input_sums != nullptr) {
      at[r] = row.input_sums + span.block * W.block_width();
    } else if (kept) {
      at[r] = step.workspace.input_sums.data() + (span.row + r) * InputSumsLength(step.cell) +
              span.block * W.block_width();
    } else {
      at[r] = sums.of + r * width;
    }
  }
  if (InputSumsAreThere(step)) return;
  MultiplyBlocks(d, W, step.cell.input_start.BlockAt(0), span.block, span.block_count, x,
                 span.row_count, sums.of, width, step.cell.recurrent.BlockAt(span.block));
}

// Where the sums of a span stand.
template <class Real>
struct SpanSums {
  const Real* of_inputs[kGroupRows];  // of each row; anything if the points have no inputs
  const Real* of_h;                   // [row of the span][block][gate][lane]
};

// Visits all rows of a span.
template <class Point, class D, class Real = hn::TFromD<D>>
HWY_INLINE void VisitRows(D d, const PhaseArguments<Real>& step, const PackedMatrix<Real>& U,
                          const Span& span, const SpanSums<Real>& sums, const Point& point) {
  const int64_t first = span.block * kBlockRows<Real>;
  const int64_t count = HWY_MIN(U.rows() - first, span.block_count * kBlockRows<Real>);
  const int64_t stride = PaddedRows<Real>(step.cell.shape.output_size);
  const int64_t width = U.block_width();
  Real* const nowhere = nullptr;
  for (int64_t r = 0; r < span.row_count; ++r) {
    const int64_t row = span.row + r;
    VisitRow(d, step.rows[row], row, step.workspace.new_h.data() + row * stride, nowhere,
             {first, count}, {sums.of_inputs[r], step.cell.input.block_width()},
             {sums.of_h + r * span.block_count * width, width}, point);
  }
}

// Makes the sums of a span, then takes each point to all its places.
template <class D, class Real = hn::TFromD<D>, class... Points>
HWY_INLINE void StepSpan(D d, const PhaseArguments<Real>& step, const PackedMatrix<Real>& U,
                         const Real* start, Factor factor, const Span& span,
                         const Points&... points) {
  constexpr bool kHasInputs = (Points::kHasInputs || ...);
  Sums<Real> input, recurrent;
  SpanSums<Real> sums;
  if constexpr (kHasInputs) InputSums(d, step, span, input, sums.of_inputs);
  if constexpr (!kHasInputs) {
    for (int64_t r = 0; r < span.row_count; ++r) sums.of_inputs[r] = recurrent.of;
  }
  const bool makes_inputs = kHasInputs && !InputSumsAreThere(step);
  const Real* factors[kGroupRows];
  for (int64_t r = 0; r < span.row_count; ++r) factors[r] = FactorOf(step, factor, span.row + r);
  MultiplyBlocks(d, U, start, span.block, span.block_count, factors, span.row_count, recurrent.of,
                 span.block_count * U.block_width(),
                 (makes_inputs ? step.cell.input : U).BlockAt(span.next_block));
  sums.of_h = recurrent.of;
  (VisitRows(d, step, U, span, sums, points), ...);
}

// A phase: all spans of its blocks and rows. `U` is what the recurrent factor is multiplied with.
template <class D, class Real = hn::TFromD<D>, class... Points>
HWY_INLINE void StepSpans(D d, const PhaseArguments<Real>& step, const PackedMatrix<Real>& U,
                          const Real* start, Factor factor, const Points&... points) {
  const int64_t span_blocks = PanelBlocks(U.gates());
  const bool backwards = step.workspace.backwards;
  const int64_t last =
      step.blocks.first + ((step.blocks.end - step.blocks.first - 1) & -span_blocks);
  const int64_t ahead = backwards ? -span_blocks : span_blocks;
  const int64_t stop = backwards ? step.blocks.first : last;
  for (int64_t block = backwards ? last : step.blocks.first;; block += ahead) {
    const int64_t block_count = HWY_MIN(span_blocks, step.blocks.end - block);
    for (int64_t row = 0; row < step.row_count; row += kGroupRows) {
      const int64_t left = step.row_count - row;
      // The rows that are left take the same blocks once more.
      const int64_t next_block = left > kGroupRows || block == stop ? block : block + ahead;
      StepSpan(d, step, U, start, factor,
               {block, block_count, row, HWY_MIN(kGroupRows, left), next_block}, points...);
    }
    if (block == stop) break;
  }
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_SPANS_INL_H_
