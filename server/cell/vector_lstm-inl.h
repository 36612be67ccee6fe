// The LSTM. Equations and letters as in model.proto; every operation is that of the definition
// (step.cc), in the same order, on a vector of elements at a time, or two.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#if defined(CELLAR_SERVER_CELL_VECTOR_LSTM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_LSTM_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_LSTM_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_LSTM_INL_H_
#endif

#include "hwy/highway.h"
#include "server/cell/row_kernels.h"
#include "server/cell/vector_math-inl.h"
#include "server/cell/vector_place-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// Points are written for one place and for two (At). Those that are kUsual leave the rare place
// where a sigmoid is not normal to the others.

template <bool kUsual, class Real>
struct LstmPoint {
  static constexpr bool kHasInputs = true;
  const PhaseArguments<Real>& step;

  template <Activation kActivation>
  HWY_INLINE Gate<kUsual, kActivation, Real> GateNumber(int gate) const {
    return {step, step.cell.activations[gate]};
  }

  // z + p * c.
  template <class D, class At, class V>
  HWY_INLINE V AddPeephole(D d, const At& at, int gate, V c, V z) const {
    return z + at.Peephole(d, step.cell.peepholes, gate) * c;
  }

  // c = f * c_{t-1} + i * g.
  template <class D, class At>
  HWY_INLINE auto Memory(D d, const At& at) const {
    const bool has_peepholes = !step.cell.peepholes.empty();
    const auto c_before = at.Load(d, at.row.c);
    auto g = PreActivation(d, at, 3);
    auto f = PreActivation(d, at, 0);
    auto i = PreActivation(d, at, 1);
    if (has_peepholes) f = AddPeephole(d, at, 0, c_before, f);
    if (has_peepholes) i = AddPeephole(d, at, 1, c_before, i);
    if constexpr (kUsual) {
      if (!AreNormal(d, f, i)) return UnusualMemory(d, at);
    }
    g = GateNumber<Activation::kTanh>(3)(d, g);
    f = GateNumber<Activation::kSigmoid>(0)(d, f);
    i = GateNumber<Activation::kSigmoid>(1)(d, i);
    const auto c = f * c_before + i * g;
    at.Store(d, CanonicalNan(d, c), at.row.c);
    Show(d, at, CanonicalNan(d, c), at.row.trace.c);
    Show(d, at, f, at.row.trace.forget_gate);
    Show(d, at, i, at.row.trace.input_gate);
    Show(d, at, g, at.row.trace.candidate);
    return c;
  }

  // h = o * tanh(c), of any NaN the same.
  template <class D, class At, class V>
  HWY_INLINE void Hidden(D d, const At& at, V c) const {
    auto o = PreActivation(d, at, 2);
    if (!step.cell.peepholes.empty()) o = AddPeephole(d, at, 2, c, o);
    if constexpr (kUsual) {
      if (!AreNormal(d, o)) return UnusualHidden(d, at, c);
    }
    o = GateNumber<Activation::kSigmoid>(2)(d, o);
    const Gate<kUsual, Activation::kTanh, Real> memory = {step, step.cell.memory_activation};
    auto hidden = o * memory(d, c);
    // Usually o is a number, and a NaN is that of tanh.
    if constexpr (!kUsual) hidden = CanonicalNan(d, hidden);
    if (step.cell.projection.empty()) {
      StoreNewH(d, at, hidden);
    } else {
      at.Store(d, hidden, Unprojected(at.row_index));
    }
    Show(d, at, o, at.row.trace.output_gate);
  }

  HWY_INLINE Real* Unprojected(int64_t row_index) const {
    return step.workspace.hidden.data() + row_index * PaddedRows<Real>(step.cell.shape.hidden_size);
  }

  template <class D, class At>
  HWY_NOINLINE auto UnusualMemory(D d, const At& at) const {
    return LstmPoint<false, Real>{step}.Memory(d, at);
  }
  template <class D, class At, class V>
  HWY_NOINLINE void UnusualHidden(D d, const At& at, V c) const {
    LstmPoint<false, Real>{step}.Hidden(d, at, c);
  }

  // All at once, for those who have few places.
  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    Hidden(d, at, Memory(d, at));
  }
};

// The two halves of an LSTM apart: of many places the memories first, then what is seen of them, so
// that no tanh waits for the one before it.
template <bool kUsual, class Real>
struct LstmMemoryPoint {
  static constexpr bool kHasInputs = true;
  LstmPoint<kUsual, Real> lstm;

  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    lstm.Memory(d, at);
  }
};
template <bool kUsual, class Real>
struct LstmHiddenPoint {
  static constexpr bool kHasInputs = true;
  LstmPoint<kUsual, Real> lstm;

  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    lstm.Hidden(d, at, at.Load(d, at.row.c));
  }
};

// h = W_hr hidden.
template <class Real>
struct ProjectionPoint {
  static constexpr bool kHasInputs = false;
  const PhaseArguments<Real>& step;

  template <class D, class At>
  HWY_INLINE void operator()(D d, const At& at) const {
    StoreNewH(d, at, CanonicalNan(d, at.RecurrentSum(d, 0)));
  }
};

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_LSTM_INL_H_
