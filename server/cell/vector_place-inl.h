// A vector of elements of one row: where it stands, and the activation that is applied to it there.
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
  // z = (b + sum W x) + (sum U h).
  template <class D>
  HWY_INLINE hn::Vec<D> PreActivation(D d, int gate) const {
    return hn::Add(InputSum(d, gate), RecurrentSum(d, gate));
  }
  template <class D>
  HWY_INLINE hn::Vec<D> Before(D d, const Real* values) const {
    return LoadUpTo(d, values + element, count);
  }
  template <class D, class V>
  HWY_INLINE void Show(D d, V v, const absl::Span<Real>& trace) const {
    if (trace.data() != nullptr) StoreUpTo(d, v, count, trace.data() + element);
  }
};

// The activation of a gate. kUsual: the one that is meant unless another was chosen, exact.
template <bool kUsual, Activation kActivation, class Real>
struct Gate {
  const PhaseArguments<Real>& step;
  Activation chosen;

  template <class D, class V>
  HWY_INLINE V operator()(D d, V z) const {
    if constexpr (!kUsual) return ActivateAny(d, chosen, step.rule, z);
    return kActivation == Activation::kSigmoid ? Sigmoid(d, z) : Tanh(d, z);
  }
};

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_PLACE_INL_H_
