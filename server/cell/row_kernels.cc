// The kernels for every instruction set from this one source: Highway includes it again for each of
// its targets.
//
// Only targets that multiply and add with one rounding may be compiled, so x86 has AVX2 and AVX-512
// but none of the SSE targets; the scalar target does it through the library's fma. (Bit 14 is
// SSE2, which versions of Highway have that are newer than 1.0.)
//
// What the words of vector_*-inl.h mean, on the weights W of an LSTM of 64 rows (packed_matrix.h):
//
//            columns of W, 0 .. I-1: chains run this way
//            |<-- strip -->|<-- strip -->|<---
//           +-------------+-------------+----
//   panel 0 |  block 0    :             :      .
//           |  block 1    :             :       |  a span of one row: many panels
//           +-------------+-------------+----   |
//   panel 1 |  block 2    :             :       |
//           |  block 3    :             :      '
//           +-------------+-------------+----
//
//   block   16 rows of all gates (float): a cache line of each, side by side in every column
//   panel   blocks that stand side by side in memory: 6 or 8 cache lines in every column
//   strip   columns of a panel that are multiplied with all rows of the batch before the next
//           ones are: meanwhile they stay in the second cache. Chains are saved at its end
//   tile    a few vectors of a panel by a few rows of the batch: as many chains as there are
//           registers, over one strip
//   span    blocks, and up to 32 rows of the batch, whose sums are made together and then used:
//           one panel for a batch, up to 32 panels for one row
//
// A phase visits its spans, blocks outside and rows inside (vector_spans); a span its panels; a
// panel its strips (vector_products); a strip its tiles (vector_tile). Then the points of the cell
// (vector_lstm, vector_cells) turn the sums of the span into gates and states (vector_place).
#include "server/cell/row_kernels.h"

#include <cstdint>

#include "server/cell/step.h"

#define HWY_DISABLED_TARGETS \
  ((1LL << 14) | HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#define HWY_BROKEN_EMU128 1  // the scalar target instead, with every compiler
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "server/cell/row_kernels.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"
#include "server/cell/vector_activations-inl.h"
#include "server/cell/vector_alone-inl.h"
#include "server/cell/vector_cells-inl.h"
#include "server/cell/vector_lstm-inl.h"
#include "server/cell/vector_math-inl.h"
#include "server/cell/vector_spans-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {
namespace {

// A vector of at most a cache line.
template <class Real>
using Tag = hn::CappedTag<Real, static_cast<size_t>(kBlockRows<Real>)>;

template <class Real>
void MultiplyInputsKernel(const PackedCell<Real>& cell, const Real* x, int64_t row_count,
                          BlockRange blocks, Real* sums) {
  const int64_t length = InputSumsLength(cell);
  for (int64_t row = 0; row < row_count; row += kSpanRows) {
    const int64_t count = HWY_MIN(kSpanRows, row_count - row);
    const Real* rows[kSpanRows];
    for (int64_t r = 0; r < count; ++r) rows[r] = x + (row + r) * cell.shape.input_size;
    MultiplyPanels(Tag<Real>(), {cell.input, cell.input_start.BlockAt(0), blocks}, false, rows,
                   count, sums + row * length + blocks.first * cell.input.block_width(), length,
                   cell.input.BlockAt(blocks.first));
  }
}

// Whether all activations are those that are meant unless others are chosen, and exact.
template <class Real>
HWY_INLINE bool IsUsual(const PhaseArguments<Real>& step) {
  const PackedCell<Real>& cell = step.cell;
  if (step.rule != ActivationRule::kExact) return false;
  const int last = static_cast<int>(cell.gates()) - 1;
  for (int gate = 0; gate < last; ++gate) {
    if (cell.activations[gate] != Activation::kSigmoid) return false;
  }
  return cell.activations[last] == Activation::kTanh && cell.memory_activation == Activation::kTanh;
}

template <bool kUsual, class Real>
void FirstPhaseOf(const PhaseArguments<Real>& step) {
  const Tag<Real> d;
  const PackedCell<Real>& cell = step.cell;
  const PackedMatrix<Real>& U = cell.recurrent;
  const Real* const start = cell.recurrent_start.BlockAt(0);
  switch (cell.shape.kind) {
    case CellKind::kLstm:
      return StepSpans(d, step, U, start, Factor::kH, LstmMemoryPoint<kUsual, Real>{{step}},
                       LstmHiddenPoint<kUsual, Real>{{step}});
    case CellKind::kGruResetBefore:
      return StepSpans(d, step, U, start, Factor::kH,
                       GruResetBeforeGatesPoint<kUsual, Real>{{step}});
    case CellKind::kGruResetAfter:
      return StepSpans(d, step, U, start, Factor::kH, GruResetAfterPoint<kUsual, Real>{{step}});
    case CellKind::kRnn:
      return StepSpans(d, step, U, start, Factor::kH, RnnPoint<kUsual, Real>{{step}});
  }
}

template <class Real>
void FirstPhase(const PhaseArguments<Real>& step) {
  return IsUsual(step) ? FirstPhaseOf<true>(step) : FirstPhaseOf<false>(step);
}

template <class Real>
void SecondPhase(const PhaseArguments<Real>& step) {
  const Tag<Real> d;
  const PackedCell<Real>& cell = step.cell;
  const Real* const zero = nullptr;
  if (cell.shape.kind == CellKind::kLstm) {
    return StepSpans(d, step, cell.projection, zero, Factor::kHidden, ProjectionPoint<Real>{step});
  }
  if (IsUsual(step)) {
    StepSpans(d, step, cell.candidate, zero, Factor::kHidden,
              GruResetBeforeCandidatePoint<true, Real>{{step}});
  } else {
    StepSpans(d, step, cell.candidate, zero, Factor::kHidden,
              GruResetBeforeCandidatePoint<false, Real>{{step}});
  }
}

// Whether all of a step is one panel, of numbers as they are, and one phase.
template <class Real>
HWY_INLINE bool IsSmall(const PackedCell<Real>& cell) {
  return cell.recurrent.blocks() <= PanelBlocks(cell.recurrent.gates()) && cell.candidate.empty() &&
         cell.projection.empty() && cell.storage() == WeightStorage::kFull;
}

template <class Real>
bool TryStepAlone(const PhaseArguments<Real>& step) {
  const Tag<Real> d;
  if (!IsSmall(step.cell) || !IsUsual(step)) return false;
  switch (step.cell.shape.kind) {
    case CellKind::kLstm:
      StepAlone<4>(d, step, LstmPoint<true, Real>{step});
      return true;
    case CellKind::kGruResetAfter:
      StepAlone<3>(d, step, GruResetAfterPoint<true, Real>{{step}});
      return true;
    case CellKind::kRnn:
      StepAlone<1>(d, step, RnnPoint<true, Real>{{step}});
      return true;
    case CellKind::kGruResetBefore:
      break;
  }
  return false;
}

template <class Real>
void ActivateKernel(Activation activation, ActivationRule rule, int64_t count, Real* values) {
  const Tag<Real> d;
  for (int64_t i = 0; i < count; i += kLanesOf<Tag<Real>>) {
    StoreUpTo(d, ActivateAny(d, activation, rule, LoadUpTo(d, values + i, count - i)), count - i,
              values + i);
  }
}

}  // namespace

template <class Real>
const RowKernels<Real>& Kernels() {
  static constexpr RowKernels<Real> kernels = {MultiplyInputsKernel<Real>, FirstPhase<Real>,
                                               SecondPhase<Real>, TryStepAlone<Real>,
                                               ActivateKernel<Real>};
  return kernels;
}

template const RowKernels<float>& Kernels();
template const RowKernels<double>& Kernels();

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace cellar {

template <class Real>
const RowKernels<Real>& RowKernelsOf(KernelTarget target) {
#if HWY_TARGETS & HWY_AVX3
  if (target == KernelTarget::kAvx512) return N_AVX3::Kernels<Real>();
#endif
#if HWY_TARGETS & HWY_AVX2
  if (target == KernelTarget::kAvx2) return N_AVX2::Kernels<Real>();
#endif
#if HWY_TARGETS & HWY_NEON
  if (target == KernelTarget::kNeon) return N_NEON::Kernels<Real>();
#endif
#if HWY_TARGETS & HWY_SCALAR
  return N_SCALAR::Kernels<Real>();
#else
  static_cast<void>(target);
  return HWY_NAMESPACE::Kernels<Real>();
#endif
}

template const RowKernels<float>& RowKernelsOf(KernelTarget);
template const RowKernels<double>& RowKernelsOf(KernelTarget);

}  // namespace cellar
#endif  // HWY_ONCE
