// A whole step of one row of a small cell, whose blocks all stand in one panel: the chains of both
// products begin and end in registers, the points are made at once, and the new h goes where the
// old one was, because nothing reads that any more. The chains are those of vector_products-inl.h,
// without what it takes to share them out.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#if defined(CELLAR_SERVER_CELL_VECTOR_ALONE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_ALONE_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_ALONE_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_ALONE_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "server/cell/packed_matrix.h"
#include "server/cell/row_kernels.h"
#include "server/cell/vector_place-inl.h"
#include "server/cell/vector_tile-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// A vector of chains every kStep words.
template <int kStep, int kVectors, class D, class Real = hn::TFromD<D>>
HWY_INLINE void BeginChains(D d, const Real* start, Chains<1, kVectors, D>& chains) {
  CELLAR_UNROLL
  for (int n = 0; n < kVectors; ++n) {
    chains[0][n] = start == nullptr ? hn::Zero(d) : hn::Load(d, start + n * kStep);
  }
}

template <int kStep, int kVectors, class D, class Real = hn::TFromD<D>>
HWY_INLINE void StoreChains(D d, const Chains<1, kVectors, D>& chains, Real* sums) {
  CELLAR_UNROLL
  for (int n = 0; n < kVectors; ++n) hn::Store(chains[0][n], d, sums + n * kStep);
}

// What is multiplied, and where the sums go: [vectors of the panel].
template <class Real>
struct AloneProduct {
  const PackedMatrix<Real>& matrix;
  const Real* start;  // null: 0
  const Real* factors;
  Real* sums;
};

// Factors that are loaded together, 16 bytes of them: a core loads no more than two vectors in a
// cycle, and the weights are enough.
template <class D>
constexpr int kFactorsAtOnce = HWY_MIN(16 / static_cast<int>(sizeof(hn::TFromD<D>)), kLanesOf<D>);

// The columns of so many factors more of each chain, from the kFirst on: weights from `words`, a
// vector of them every kStep, a column every kColumn.
template <int kStep, int kColumn, int kVectors, int kFirst = 0, class D, class V = hn::Vec<D>>
HWY_INLINE void AddColumns(D d, const hn::TFromD<D>* words, V factors,
                           Chains<1, kVectors, D>& chains) {
  const V factor = hn::Broadcast<kFirst>(factors);
  CELLAR_UNROLL
  for (int n = 0; n < kVectors; ++n) {
    chains[0][n] = Fma(hn::Load(d, words + n * kStep), factor, chains[0][n]);
  }
  if constexpr (kFirst + 1 < kFactorsAtOnce<D>) {
    AddColumns<kStep, kColumn, kVectors, kFirst + 1>(d, words + kColumn, factors, chains);
  }
}

// Of so many vectors as many at a time as go into them evenly, at most 8.
constexpr int AtOnce(int vectors) {
  int most = vectors < 8 ? vectors : 8;
  while (vectors % most != 0) --most;
  return most;
}

// A panel of kVectors vectors.
template <int kStep, int kVectors, class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyAlone(D d, const AloneProduct<Real>& product) {
  constexpr int kAtOnce = AtOnce(kVectors);
  for (int at = 0; at < kVectors * kStep; at += kAtOnce * kStep) {
    Chains<1, kAtOnce, D> chains;
    BeginChains<kStep, kAtOnce>(d, product.start == nullptr ? nullptr : product.start + at, chains);
    const Real* words = product.matrix.BlockAt(0) + at;
    for (int64_t k = 0; k < product.matrix.columns(); ++k, words += kVectors * kStep) {
      AddColumn<WordPart::kAll, 1, kAtOnce>(d, words, &product.factors, k, chains, kStep);
    }
    StoreChains<kStep, kAtOnce>(d, chains, product.sums + at);
  }
}

// Vectors of a panel so few that two of them are multiplied side by side.
constexpr int kMostBothAlone = kRegisters / 8;

// Two panels side by side, where the chains of one would not keep a core busy.
template <int kStep, int kVectors, class D, class Real = hn::TFromD<D>>
HWY_INLINE void MultiplyBothAlone(D d, const AloneProduct<Real>& of_x,
                                  const AloneProduct<Real>& of_h) {
  constexpr int kColumn = kVectors * kStep;
  Chains<1, kVectors, D> x_chains, h_chains;
  BeginChains<kStep, kVectors>(d, of_x.start, x_chains);
  BeginChains<kStep, kVectors>(d, of_h.start, h_chains);
  const Real* const W = of_x.matrix.BlockAt(0);
  const Real* const U = of_h.matrix.BlockAt(0);
  const int64_t inputs = of_x.matrix.columns();
  const int64_t outputs = of_h.matrix.columns();
  const int64_t both = HWY_MIN(inputs, outputs);
  int64_t k = 0;
  if constexpr (kVectors == kMostBothAlone && kLanesOf<D> == kStep) {
    // More loads than a core makes meanwhile, if each x were loaded alone. What h is was stored
    // just now, and may be loaded sooner one by one.
    for (; k + kFactorsAtOnce<D> <= both; k += kFactorsAtOnce<D>) {
      AddColumns<kStep, kColumn, kVectors>(d, W + k * kColumn, hn::LoadDup128(d, of_x.factors + k),
                                           x_chains);
      CELLAR_UNROLL
      for (int i = 0; i < kFactorsAtOnce<D>; ++i) {
        AddColumn<WordPart::kAll, 1, kVectors>(d, U + (k + i) * kColumn, &of_h.factors, k + i,
                                               h_chains, kStep);
      }
    }
  }
  for (; k < both; ++k) {
    AddColumn<WordPart::kAll, 1, kVectors>(d, W + k * kColumn, &of_x.factors, k, x_chains, kStep);
    AddColumn<WordPart::kAll, 1, kVectors>(d, U + k * kColumn, &of_h.factors, k, h_chains, kStep);
  }
  for (int64_t i = k; i < inputs; ++i) {
    AddColumn<WordPart::kAll, 1, kVectors>(d, W + i * kColumn, &of_x.factors, i, x_chains, kStep);
  }
  for (; k < outputs; ++k) {
    AddColumn<WordPart::kAll, 1, kVectors>(d, U + k * kColumn, &of_h.factors, k, h_chains, kStep);
  }
  StoreChains<kStep, kVectors>(d, x_chains, of_x.sums);
  StoreChains<kStep, kVectors>(d, h_chains, of_h.sums);
}

// The step of a cell of kBlocks blocks, a vector of each every kStep rows: as many as it has lanes,
// or a whole block if all rows are in the first vector of one. (A function of its own: among all
// others GCC mixes up the order of the loads, and a core fetches ahead what is read straight on.)
template <int kGates, int kBlocks, int kStep, class Point, class D, class Real = hn::TFromD<D>>
HWY_NOINLINE void StepBlocksAlone(D d, const PhaseArguments<Real>& step, const Point& point) {
  constexpr int kBlockWidth = kGates * static_cast<int>(kBlockRows<Real>);
  constexpr int kVectors = kBlocks * kBlockWidth / kStep;
  const PackedCell<Real>& cell = step.cell;
  const StepRow<Real>& row = step.rows[0];
  HWY_ALIGN Real input_sums[kBlocks * kBlockWidth];
  HWY_ALIGN Real recurrent_sums[kBlocks * kBlockWidth];
  const AloneProduct<Real> of_x = {cell.input, cell.input_start.BlockAt(0), row.x, input_sums};
  const AloneProduct<Real> of_h = {cell.recurrent, cell.recurrent_start.BlockAt(0), row.h,
                                   recurrent_sums};
  if (kVectors <= kMostBothAlone && row.input_sums == nullptr) {
    MultiplyBothAlone<kStep, HWY_MIN(kVectors, kMostBothAlone)>(d, of_x, of_h);
  } else {
    if (row.input_sums == nullptr) MultiplyAlone<kStep, kVectors>(d, of_x);
    MultiplyAlone<kStep, kVectors>(d, of_h);
  }
  const Real* const sums_of_x = row.input_sums == nullptr ? input_sums : row.input_sums;
  Real* const shown_h = row.trace.h.empty() ? nullptr : row.trace.h.data();
  const Elements rows = {0, cell.recurrent.rows()};
  if constexpr (kBlocks * kBlockRows<Real> == kStep) {
    // One place, known here: the sums of h do not leave their registers.
    point(d, Place<Real>{row, 0, row.h, shown_h, 0, rows.count, sums_of_x, recurrent_sums});
  } else {
    VisitRow(d, row, 0, row.h, shown_h, rows, {sums_of_x, kBlockWidth},
             {recurrent_sums, kBlockWidth}, point);
  }
  for (size_t i = 0; i < row.trace.unrounded_h.size(); ++i) row.trace.unrounded_h[i] = row.h[i];
}

template <int kGates, int kBlocks = 1, class Point, class D, class Real = hn::TFromD<D>>
HWY_INLINE void StepAlone(D d, const PhaseArguments<Real>& step, const Point& point) {
  constexpr int kBlock = static_cast<int>(kBlockRows<Real>);
  const hn::CappedTag<Real, kBlock / 2> half;
  if (kBlocks == 1 && step.cell.recurrent.rows() <= kLanesOf<decltype(half)>) {
    StepBlocksAlone<kGates, 1, kBlock>(half, step, point);
  } else if (kBlocks == PanelBlocks(kGates) || step.cell.recurrent.blocks() == kBlocks) {
    StepBlocksAlone<kGates, kBlocks, static_cast<int>(kLanesOf<D>)>(d, step, point);
  } else if constexpr (kBlocks < PanelBlocks(kGates)) {
    StepAlone<kGates, kBlocks + 1>(d, step, point);
  }
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_ALONE_INL_H_
