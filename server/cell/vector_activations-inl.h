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

// -|z|.
template <class D, class V>
HWY_INLINE V BelowZero(D d, V z) {
  return hn::Or(z, hn::SignBit(d));
}
CELLAR_IN_PAIRS(BelowZero)

// ---- Sigmoid ----

// For any z, as the definition does it.
template <class D, class V>
HWY_NOINLINE V Sigmoid(D d, V z) {
  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V limit = hn::Set(d, -FormatOf<D>::kSigmoidLimit);
  const V below_zero = BelowZero(d, z);
  const auto e = Exp<1>(d, hn::IfThenElse(hn::Gt(below_zero, limit), below_zero, limit));
  const auto exponent = IntegerOf(d, e.shifted);
  const auto half = hn::ShiftRight<1>(exponent);
  const V scale = PowerOfTwo(d, half);
  const V scale2 = PowerOfTwo(d, hn::Sub(exponent, half));
  const V scaled = e.head * scale * scale2;
  const V scaled_low = e.tail * scale * scale2;
  const V sum = one + scaled;
  const V sum_low = ((one - sum) + scaled) + scaled_low;
  const V below = Divide(d, e.head, e.tail, sum, sum_low) * scale * scale2;
  const V sigmoid = hn::IfThenElse(hn::Lt(z, hn::Zero(d)), below, one - below);
  return CanonicalNan(d, hn::IfThenElse(hn::IsNaN(z), z, sigmoid));
}
CELLAR_IN_PAIRS(Sigmoid)

// Whether NormalSigmoid may be had of all that is given. NaN and infinities are not normal.
template <class D, class V>
HWY_INLINE auto NormalLanes(D d, V z) {
  if constexpr (kIsPair<V>) {
    return hn::And(NormalLanes(d, z.first), NormalLanes(d, z.second));
  } else {
    return hn::Gt(BelowZero(d, z), hn::Set(d, -FormatOf<D>::kNormalLimit));
  }
}
template <class D, class V>
HWY_INLINE bool AreNormal(D d, V z) {
  return HWY_LIKELY(hn::AllTrue(d, NormalLanes(d, z)));
}
template <class D, class V>
HWY_INLINE bool AreNormal(D d, V z, V z2) {
  return HWY_LIKELY(hn::AllTrue(d, hn::And(NormalLanes(d, z), NormalLanes(d, z2))));
}

// `value` with its sign changed, except where z has a minus sign.
template <class D, class V>
HWY_INLINE V NegateUnlessNegative(D d, V z, V value) {
  return hn::Xor(value, hn::AndNot(z, hn::SignBit(d)));
}
CELLAR_IN_PAIRS(NegateUnlessNegative)

// 1, or 0 where z has a minus sign.
template <class D, class V>
HWY_INLINE V OneUnlessNegative(D d, V z) {
  const hn::RebindToSigned<D> integers;
  const auto negative = hn::BitCast(d, hn::BroadcastSignBit(hn::BitCast(integers, z)));
  return hn::AndNot(negative, hn::Set(d, hn::TFromD<D>{1}));
}
CELLAR_IN_PAIRS(OneUnlessNegative)

// REQUIRES: AreNormal. No number on the way is then anywhere near the denormal ones, so products by
// powers of two are exact: they may stand anywhere, and adding one rounds as a multiply-add does.
// The sign of the second way, 1 minus the quotient, is in the quotient from the start.
template <class D, class V>
HWY_INLINE V NormalSigmoid(D d, V z) {
  const auto one = hn::Set(d, hn::TFromD<D>{1});
  const auto e = Exp<1>(d, BelowZero(d, z));
  const V scale = ScaleOf(d, e.shifted);
  const V scaled = e.head * scale;
  const V scaled_low = e.tail * scale;
  const V sum = Fma(e.head, scale, one);
  const V sum_low = ((one - sum) + scaled) + scaled_low;
  const V quotient = Divide(d, NegateUnlessNegative(d, z, scaled),
                            NegateUnlessNegative(d, z, scaled_low), sum, sum_low);
  return OneUnlessNegative(d, z) + quotient;
}

// ---- Tanh ----

// Up to kTanhLimit the quotient with the sign of z, from there on 1 with the sign of z. Which it is
// was known long before the quotient is.
template <class D, class V>
HWY_INLINE V TanhOf(D d, V z, V quotient) {
  const V limit = hn::CopySign(hn::Set(d, hn::TFromD<D>{1}), z);
  const V limit_or_nan = CanonicalNan(d, hn::IfThenElse(hn::IsNaN(z), z, limit));
  const auto inside = hn::Gt(BelowZero(d, z), hn::Set(d, -FormatOf<D>::kTanhLimit));
  return hn::IfThenElse(inside, hn::CopySignToAbs(quotient, z), limit_or_nan);
}
CELLAR_IN_PAIRS(TanhOf)

template <class D, class V>
HWY_INLINE V Tanh(D d, V z) {
  const auto one = hn::Set(d, hn::TFromD<D>{1});
  const auto e = Exp<2>(d, BelowZero(d, z));
  const V scale = ScaleOf(d, e.shifted);
  const V scaled = e.head * scale;
  const V scaled_low = e.tail * scale;
  const V sum = Fma(e.head, scale, one);
  const V sum_low = ((one - sum) + scaled) + scaled_low;
  const V difference = NegativeFma(e.head, scale, one);
  const V difference_low = ((one - difference) - scaled) - scaled_low;
  const V top = difference + difference_low;
  const V top_low = (difference - top) + difference_low;
  return TanhOf(d, z, Divide(d, top, top_low, sum, sum_low));
}

// ---- The others ----

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

template <class D, class V>
HWY_INLINE Pair<V> ActivateAny(D d, Activation activation, ActivationRule rule, Pair<V> z) {
  return PairOf(ActivateAny(d, activation, rule, z.first),
                ActivateAny(d, activation, rule, z.second));
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_ACTIVATIONS_INL_H_
