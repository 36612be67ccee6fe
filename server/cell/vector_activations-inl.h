// activations.h once more with vectors: the same operations lane for lane, so the same bits. Where
// it is cheaper, a vector takes a way that only some numbers can go (all lanes far from denormal
// results); there it rounds as the definition does, and tests compare every float.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions.
#if defined(CELLAR_SERVER_CELL_VECTOR_ACTIVATIONS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_ACTIVATIONS_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_ACTIVATIONS_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_ACTIVATIONS_INL_H_
#endif

#include "hwy/highway.h"
#include "server/cell/cell_kind.h"
#include "server/cell/numerics.h"
#include "server/cell/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

// 1 / (1 + exp(-z)) once E = e^-|z| is there, with E = (scaled + scaled_low) and
// E / scale = e.head + e.tail.
template <class D, class V>
HWY_INLINE V SigmoidBelow(D d, const Exponential<D>& e, V scaled, V scaled_low) {
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V sum = hn::Add(one, scaled);
  const V sum_low = hn::Add(hn::Add(hn::Sub(one, sum), scaled), scaled_low);
  return Divide(d, e.head, e.tail, sum, sum_low);
}

template <class D, class V>
HWY_INLINE V SigmoidOf(D d, V z, V below) {
  const V one = hn::Set(d, hn::TFromD<D>{1});
  return hn::IfThenElse(hn::Lt(z, hn::Zero(d)), below, hn::Sub(one, below));
}

// For any z.
template <class D, class V>
HWY_NOINLINE V SigmoidOfAny(D d, V z) {
  using F = FormatOf<D>;
  const V magnitude = hn::Abs(z);
  const V limit = hn::Set(d, F::kSigmoidLimit);
  const auto e = Exp(d, hn::Neg(hn::IfThenElse(hn::Lt(magnitude, limit), magnitude, limit)));
  const auto half = hn::ShiftRight<1>(e.exponent);
  const V scale = PowerOfTwo(d, half);
  const V scale2 = PowerOfTwo(d, hn::Sub(e.exponent, half));
  const V scaled = hn::Mul(hn::Mul(e.head, scale), scale2);
  const V scaled_low = hn::Mul(hn::Mul(e.tail, scale), scale2);
  const V quotient = SigmoidBelow(d, e, scaled, scaled_low);
  const V below = hn::Mul(hn::Mul(quotient, scale), scale2);
  return CanonicalNan(d, hn::IfThenElse(hn::IsNaN(z), z, SigmoidOf(d, z, below)));
}

// Where all results are normal numbers, one product by 2^exponent is exact, as are the definition's
// two; NaN and infinities take the other way.
template <class D, class V>
HWY_INLINE V Sigmoid(D d, V z) {
  const V magnitude = hn::Abs(z);
  const auto normal = hn::Lt(magnitude, hn::Set(d, FormatOf<D>::kNormalLimit));
  if (HWY_UNLIKELY(!hn::AllTrue(d, normal))) return SigmoidOfAny(d, z);
  const auto e = Exp(d, hn::Neg(magnitude));
  const V scale = PowerOfTwo(d, e.exponent);
  const V quotient = SigmoidBelow(d, e, hn::Mul(e.head, scale), hn::Mul(e.tail, scale));
  return SigmoidOf(d, z, hn::Mul(quotient, scale));
}

template <class D, class V>
HWY_INLINE V Tanh(D d, V z) {
  using F = FormatOf<D>;
  using Real = hn::TFromD<D>;
  const V limited = hn::Min(hn::Abs(z), hn::Set(d, F::kTanhLimit));
  const auto e = Exp(d, hn::Mul(hn::Set(d, Real{-2}), limited));

  const V one = hn::Set(d, Real{1});
  const V scale = PowerOfTwo(d, e.exponent);
  const V scaled = hn::Mul(e.head, scale);
  const V scaled_low = hn::Mul(e.tail, scale);
  const V sum = hn::Add(one, scaled);
  const V sum_low = hn::Add(hn::Add(hn::Sub(one, sum), scaled), scaled_low);
  const V difference = hn::Sub(one, scaled);
  const V difference_low = hn::Sub(hn::Sub(hn::Sub(one, difference), scaled), scaled_low);
  const V top = hn::Add(difference, difference_low);
  const V top_low = hn::Add(hn::Sub(difference, top), difference_low);
  const V quotient = Divide(d, top, top_low, sum, sum_low);
  const V odd = hn::Or(quotient, hn::And(hn::SignBit(d), z));
  return CanonicalNan(d, hn::IfThenElse(hn::IsNaN(z), z, odd));
}

// `inside` between -1 and 1 (and for NaN), `low` up to -1, 1 from 1 on.
template <class D, class V>
HWY_INLINE V Saturate(D d, V z, V inside, hn::TFromD<D> low) {
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V from_below = hn::IfThenElse(hn::Le(z, hn::Neg(one)), hn::Set(d, low), inside);
  return hn::IfThenElse(hn::Ge(z, one), one, from_below);
}

template <class D, class V>
HWY_INLINE V Relu(D d, V z) {
  return CanonicalNan(d, hn::IfThenZeroElse(hn::Le(z, hn::Zero(d)), z));
}

template <class D, class V>
HWY_INLINE V HardSigmoid(D d, V z) {
  using Real = hn::TFromD<D>;
  const V one = hn::Set(d, Real{1});
  const V scaled = hn::Mul(hn::Set(d, static_cast<Real>(0.2)), z);
  const V line = hn::Add(scaled, hn::Set(d, static_cast<Real>(0.5)));
  const V upper = hn::IfThenElse(hn::Ge(line, one), one, line);
  return CanonicalNan(d, hn::IfThenZeroElse(hn::Le(line, hn::Zero(d)), upper));
}

// Whatever was chosen; out of line, because chosen rarely.
template <class D, class V>
HWY_NOINLINE V ActivateAny(D d, Activation activation, ActivationRule rule, V z) {
  using Real = hn::TFromD<D>;
  const bool saturating = rule == ActivationRule::kSaturating;
  switch (activation) {
    case Activation::kSigmoid:
      return saturating ? Saturate(d, z, Sigmoid(d, z), Real{0}) : Sigmoid(d, z);
    case Activation::kTanh:
      return saturating ? Saturate(d, z, Tanh(d, z), Real{-1}) : Tanh(d, z);
    case Activation::kRelu:
      return Relu(d, z);
    case Activation::kHardSigmoid:
      return HardSigmoid(d, z);
    case Activation::kIdentity:
      break;
  }
  return CanonicalNan(d, z);
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_ACTIVATIONS_INL_H_
