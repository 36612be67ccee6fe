// A vector of elements of one row, or two such vectors: where they stand, and the activation that
// is applied to them there.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#if defined(CELLAR_SERVER_CELL_VECTOR_PLACE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_PLACE_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_PLACE_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_PLACE_INL_H_
#endif

#include <cstdint>

#include "hwy/highway.h"
#include "server/cell/row_kernels.h"
#include "server/cell/vector_activations-inl.h"
#include "server/cell/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// Where a vector of elements of one row stands.
template <class Real>
struct Place {
  const StepRow<Real>& row;
  int64_t row_index;
  Real* new_h;             // [P]: where the row's new h goes
  Real* shown_h;           // [P]: where else; null: nowhere
  int64_t element;         // the first of the vector, 0 .. H-1
  int64_t count;           // elements from there on; may be more than a vector
  const Real* input_sums;  // of gate 0; the next gate's is a block further
  const Real* recurrent_sums;

  template <class D>
  HWY_INLINE hn::Vec<D> InputSum(D d, int gate) const {
    return hn::Load(d, input_sums + gate * kBlockRows<Real>);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> RecurrentSum(D d, int gate) const {
    return hn::Load(d, recurrent_sums + gate * kBlockRows<Real>);
  }
  // The vector's place in arrays that go on with the row's elements.
  template <class D>
  HWY_INLINE hn::Vec<D> Load(D d, const Real* values) const {
    return LoadUpTo(d, values + element, count);
  }
  template <class D, class V>
  HWY_INLINE void Store(D d, V v, Real* values) const {
    StoreUpTo(d, v, count, values + element);
  }
  // The peephole of a gate.
  template <class D>
  HWY_INLINE hn::Vec<D> Peephole(D d, const PackedMatrix<Real>& peepholes, int gate) const {
    const int64_t block = element / kBlockRows<Real>;
    return hn::Load(
        d, peepholes.BlockAt(block) + gate * kBlockRows<Real> + element % kBlockRows<Real>);
  }
};

// Two places of one row.
template <class Real>
struct PlacePair {
  const StepRow<Real>& row;
  int64_t row_index;
  Real* new_h;
  Real* shown_h;
  Place<Real> first, second;

  template <class D>
  HWY_INLINE auto InputSum(D d, int gate) const {
    return PairOf(first.InputSum(d, gate), second.InputSum(d, gate));
  }
  template <class D>
  HWY_INLINE auto RecurrentSum(D d, int gate) const {
    return PairOf(first.RecurrentSum(d, gate), second.RecurrentSum(d, gate));
  }
  template <class D>
  HWY_INLINE auto Load(D d, const Real* values) const {
    return PairOf(first.Load(d, values), second.Load(d, values));
  }
  template <class D, class V>
  HWY_INLINE void Store(D d, Pair<V> v, Real* values) const {
    first.Store(d, v.first, values);
    second.Store(d, v.second, values);
  }
  template <class D>
  HWY_INLINE auto Peephole(D d, const PackedMatrix<Real>& peepholes, int gate) const {
    return PairOf(first.Peephole(d, peepholes, gate), second.Peephole(d, peepholes, gate));
  }
};

// Elements of a row, from a whole block on.
struct Elements {
  int64_t first, count;
};

// [block][gate][lane], from the first block of some elements on.
template <class Real>
struct BlockSums {
  const Real* of;
  int64_t width;  // of a block
};

// Calls point(d, place or pair of places) until all vectors of a row's elements have been there.
template <class Point, class D, class Real = hn::TFromD<D>>
HWY_INLINE void VisitRow(D d, const StepRow<Real>& row, int64_t row_index, Real* new_h,
                         Real* shown_h, Elements elements, BlockSums<Real> input,
                         BlockSums<Real> recurrent, const Point& point) {
  constexpr int64_t kLanes = kLanesOf<D>;
  constexpr int64_t kVectors = kBlockRows<Real> / kLanes;  // of a block

  const auto place = [&](int64_t vector) __attribute__((always_inline)) HWY_ATTR {
    const int64_t block = vector / kVectors;
    const int64_t lane = vector % kVectors * kLanes;
    return Place<Real>{row,
                       row_index,
                       new_h,
                       shown_h,
                       elements.first + vector * kLanes,
                       elements.count - vector * kLanes,
                       input.of + block * input.width + lane,
                       recurrent.of + block * recurrent.width + lane};
  };
  int64_t vector = 0;
  for (; (vector + 1) * kLanes < elements.count; vector += 2) {
    point(d, PlacePair<Real>{row, row_index, new_h, shown_h, place(vector), place(vector + 1)});
  }
  if (vector * kLanes < elements.count) point(d, place(vector));
}

// z = (b + sum W x) + (sum U h).
template <class D, class At>
HWY_INLINE auto PreActivation(D d, const At& at, int gate) {
  return at.InputSum(d, gate) + at.RecurrentSum(d, gate);
}

template <class D, class At, class V, class Real = hn::TFromD<D>>
HWY_INLINE void Show(D d, const At& at, V v, const absl::Span<Real>& trace) {
  if (!trace.empty()) at.Store(d, v, trace.data());
}

// The new h, where it goes.
template <class D, class At, class V>
HWY_INLINE void StoreNewH(D d, const At& at, V h) {
  at.Store(d, h, at.new_h);
  if (at.shown_h != nullptr) at.Store(d, h, at.shown_h);
}

// The activation of a gate. kUsual: the one that is meant unless another was chosen, exact; of
// numbers of which sigmoid is normal.
template <bool kUsual, Activation kActivation, class Real>
struct Gate {
  const PhaseArguments<Real>& step;
  Activation chosen;

  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    if constexpr (!kUsual) return ActivateAny(d, chosen, step.rule, z);
    return kActivation == Activation::kSigmoid ? NormalSigmoid(d, z) : Tanh(d, z);
  }
};

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_PLACE_INL_H_
