// The cells. Equations and letters as in model.proto; every operation is that of the definition
// (step_kernels.h), in the same order, on a vector of elements at a time.
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

template <bool kUsual, class Real>
struct LstmPoint {
  static constexpr bool kHasInputs = true;
  const PhaseArguments<Real>& step;

  template <Activation kActivation>
  HWY_INLINE Gate<kUsual, kActivation, Real> GateNumber(int gate) const {
    return {step, step.cell.activations[gate]};
  }

  template <class D, class V>
  HWY_INLINE V AddPeephole(D d, const Place<Real>& at, int gate, V c, V z) const {
    const int64_t block = at.element / kBlockRows<Real>;
    const int64_t lane = at.element % kBlockRows<Real>;
    return hn::Add(
        z, hn::Mul(hn::Load(d, step.cell.peepholes.BlockAt(block) + gate * kBlockRows<Real> + lane),
                   c));
  }

  template <class D>
  HWY_INLINE void operator()(D d, const Place<Real>& at) const {
    const bool has_peepholes = !step.cell.peepholes.empty();
    const auto c_before = at.Before(d, at.row.c);
    auto f = at.PreActivation(d, 0);
    auto i = at.PreActivation(d, 1);
    auto o = at.PreActivation(d, 2);
    if (has_peepholes) f = AddPeephole(d, at, 0, c_before, f);
    if (has_peepholes) i = AddPeephole(d, at, 1, c_before, i);
    f = GateNumber<Activation::kSigmoid>(0)(d, f);
    i = GateNumber<Activation::kSigmoid>(1)(d, i);
    const auto g = GateNumber<Activation::kTanh>(3)(d, at.PreActivation(d, 3));
    const auto c = CanonicalNan(d, hn::Add(hn::Mul(f, c_before), hn::Mul(i, g)));
    if (has_peepholes) o = AddPeephole(d, at, 2, c, o);
    o = GateNumber<Activation::kSigmoid>(2)(d, o);
    const Gate<kUsual, Activation::kTanh, Real> memory = {step, step.cell.memory_activation};
    const auto hidden = CanonicalNan(d, hn::Mul(o, memory(d, c)));

    RowsWorkspace<Real>& workspace = step.workspace;
    Real* const to =
        step.cell.projection.empty() ? workspace.new_h.data() : workspace.hidden.data();
    const int64_t stride = PaddedRows<Real>(step.cell.shape.hidden_size);
    hn::Store(hidden, d, to + at.row_index * stride + at.element);
    StoreUpTo(d, c, at.count, at.row.c + at.element);
    at.Show(d, c, at.row.trace.c);
    at.Show(d, f, at.row.trace.forget_gate);
    at.Show(d, i, at.row.trace.input_gate);
    at.Show(d, o, at.row.trace.output_gate);
    at.Show(d, g, at.row.trace.candidate);
  }
};

// h = W_hr hidden.
template <class Real>
struct ProjectionPoint {
  static constexpr bool kHasInputs = false;
  const PhaseArguments<Real>& step;

  template <class D>
  HWY_INLINE void operator()(D d, const Place<Real>& at) const {
    Real* const new_h =
        step.workspace.new_h.data() + at.row_index * PaddedRows<Real>(step.cell.shape.output_size);
    hn::Store(CanonicalNan(d, at.RecurrentSum(d, 0)), d, new_h + at.element);
  }
};

// What the points of GRUs and RNNs share: H = P.
template <bool kUsual, class Real>
struct HiddenPoint {
  static constexpr bool kHasInputs = true;
  const PhaseArguments<Real>& step;

  template <Activation kActivation>
  HWY_INLINE Gate<kUsual, kActivation, Real> GateNumber(int gate) const {
    return {step, step.cell.activations[gate]};
  }

  // Place of a vector in a [rows, padded H] buffer.
  HWY_INLINE Real* In(AlignedBuffer<Real>& buffer, const Place<Real>& at) const {
    return buffer.data() + at.row_index * PaddedRows<Real>(step.cell.shape.hidden_size) +
           at.element;
  }

  // h = (1 - z) * g + z * h_{t-1}.
  template <class D, class V>
  HWY_INLINE void Mix(D d, const Place<Real>& at, V z, V g) const {
    const V one = hn::Set(d, Real{1});
    const V fresh = hn::Mul(hn::Sub(one, z), g);
    const V kept = hn::Mul(z, at.Before(d, at.row.h));
    hn::Store(CanonicalNan(d, hn::Add(fresh, kept)), d, In(step.workspace.new_h, at));
    at.Show(d, g, at.row.trace.candidate);
  }
};

// z and r, and what the candidate's matrix is multiplied with: r * h.
template <bool kUsual, class Real>
struct GruResetBeforeGatesPoint : HiddenPoint<kUsual, Real> {
  template <class D>
  HWY_INLINE void operator()(D d, const Place<Real>& at) const {
    const auto z = this->template GateNumber<Activation::kSigmoid>(0)(d, at.PreActivation(d, 0));
    const auto r = this->template GateNumber<Activation::kSigmoid>(1)(d, at.PreActivation(d, 1));
    hn::Store(z, d, this->In(this->step.workspace.update, at));
    hn::Store(hn::Mul(r, at.Before(d, at.row.h)), d, this->In(this->step.workspace.hidden, at));
    at.Show(d, z, at.row.trace.update_gate);
    at.Show(d, r, at.row.trace.reset_gate);
  }
};

template <bool kUsual, class Real>
struct GruResetBeforeCandidatePoint : HiddenPoint<kUsual, Real> {
  template <class D>
  HWY_INLINE void operator()(D d, const Place<Real>& at) const {
    const auto sum = hn::Add(at.InputSum(d, 2), at.RecurrentSum(d, 0));
    const auto g = this->template GateNumber<Activation::kTanh>(2)(d, sum);
    this->Mix(d, at, hn::Load(d, this->In(this->step.workspace.update, at)), g);
  }
};

template <bool kUsual, class Real>
struct GruResetAfterPoint : HiddenPoint<kUsual, Real> {
  template <class D>
  HWY_INLINE void operator()(D d, const Place<Real>& at) const {
    const auto z = this->template GateNumber<Activation::kSigmoid>(0)(d, at.PreActivation(d, 0));
    const auto r = this->template GateNumber<Activation::kSigmoid>(1)(d, at.PreActivation(d, 1));
    const auto sum = hn::Add(at.InputSum(d, 2), hn::Mul(r, at.RecurrentSum(d, 2)));
    const auto g = this->template GateNumber<Activation::kTanh>(2)(d, sum);
    at.Show(d, z, at.row.trace.update_gate);
    at.Show(d, r, at.row.trace.reset_gate);
    this->Mix(d, at, z, g);
  }
};

template <bool kUsual, class Real>
struct RnnPoint : HiddenPoint<kUsual, Real> {
  template <class D>
  HWY_INLINE void operator()(D d, const Place<Real>& at) const {
    const auto h = this->template GateNumber<Activation::kTanh>(0)(d, at.PreActivation(d, 0));
    hn::Store(h, d, this->In(this->step.workspace.new_h, at));
  }
};

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_CELLS_INL_H_
