// GRUs and RNNs. Equations and letters as in model.proto; every operation is that of the definition
// (step.cc), in the same order, on a vector of elements at a time.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#if defined(CELLAR_SERVER_CELL_VECTOR_CELLS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_CELLS_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_CELLS_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_CELLS_INL_H_
#endif

#include "hwy/highway.h"
#include "server/cell/row_kernels.h"
#include "server/cell/vector_math-inl.h"
#include "server/cell/vector_place-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// Points are written for one place and for two (At). Those that are kUsual leave the rare place
// where a sigmoid is not normal to the others.

// What the points of GRUs and RNNs share: H = P.
template <bool kUsual, class Real>
struct HiddenPoint {
  static constexpr bool kHasInputs = true;
  const PhaseArguments<Real>& step;

  template <Activation kActivation>
  HWY_INLINE Gate<kUsual, kActivation, Real> GateNumber(int gate) const {
    return {step, step.cell.activations[gate]};
  }

  // A row of a [rows, padded H] buffer.
  HWY_INLINE Real* RowOf(AlignedBuffer<Real>& buffer, int64_t row_index) const {
    return buffer.data() + row_index * PaddedRows<Real>(step.cell.shape.hidden_size);
  }

  // h = (1 - z) * g + z * h_{t-1}.
  template <class D, class At, class V>
  HWY_INLINE void Mix(D d, const At& at, V z, V g) const {
    const auto one = hn::Set(d, Real{1});
    const V h = (one - z) * g + z * at.Load(d, at.row.h);
    StoreNewH(d, at, CanonicalNan(d, h));
    Show(d, at, g, at.row.trace.candidate);
  }

  // The same place by the point for anything.
  template <template <bool, class> class Point, class D, class At>
  HWY_NOINLINE void Unusual(D d, const At& at) const {
    Point<false, Real>{{step}}(d, at);
  }
};

// z and r, and what the candidate's matrix is multiplied with: r * h.
template <bool kUsual, class Real>
struct GruResetBeforeGatesPoint : HiddenPoint<kUsual, Real> {
  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    auto z = PreActivation(d, at, 0);
    auto r = PreActivation(d, at, 1);
    if constexpr (kUsual) {
      if (!AreNormal(d, z, r)) return this->template Unusual<GruResetBeforeGatesPoint>(d, at);
    }
    z = this->template GateNumber<Activation::kSigmoid>(0)(d, z);
    r = this->template GateNumber<Activation::kSigmoid>(1)(d, r);
    RowsWorkspace<Real>& workspace = this->step.workspace;
    at.Store(d, z, this->RowOf(workspace.update, at.row_index));
    at.Store(d, r * at.Load(d, at.row.h), this->RowOf(workspace.hidden, at.row_index));
    Show(d, at, z, at.row.trace.update_gate);
    Show(d, at, r, at.row.trace.reset_gate);
  }
};

template <bool kUsual, class Real>
struct GruResetBeforeCandidatePoint : HiddenPoint<kUsual, Real> {
  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    const auto sum = at.InputSum(d, 2) + at.RecurrentSum(d, 0);
    const auto g = this->template GateNumber<Activation::kTanh>(2)(d, sum);
    this->Mix(d, at, at.Load(d, this->RowOf(this->step.workspace.update, at.row_index)), g);
  }
};

template <bool kUsual, class Real>
struct GruResetAfterPoint : HiddenPoint<kUsual, Real> {
  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    auto z = PreActivation(d, at, 0);
    auto r = PreActivation(d, at, 1);
    if constexpr (kUsual) {
      if (!AreNormal(d, z, r)) return this->template Unusual<GruResetAfterPoint>(d, at);
    }
    r = this->template GateNumber<Activation::kSigmoid>(1)(d, r);
    const auto sum = at.InputSum(d, 2) + r * at.RecurrentSum(d, 2);
    z = this->template GateNumber<Activation::kSigmoid>(0)(d, z);
    const auto g = this->template GateNumber<Activation::kTanh>(2)(d, sum);
    Show(d, at, z, at.row.trace.update_gate);
    Show(d, at, r, at.row.trace.reset_gate);
    this->Mix(d, at, z, g);
  }
};

template <bool kUsual, class Real>
struct RnnPoint : HiddenPoint<kUsual, Real> {
  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    const auto h = this->template GateNumber<Activation::kTanh>(0)(d, PreActivation(d, at, 0));
    StoreNewH(d, at, h);
  }
};

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_CELLS_INL_H_
