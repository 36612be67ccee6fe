// What the kernels are made of besides Highway's own operations: fused multiply-adds that round
// once on every target, vectors at the end of an array, and exponential.h once more with vectors:
// the same operations lane for lane, so the same bits. V is a vector, or a pair where that helps.
//
// Per-target header of Highway: included once for each instruction set by row_kernels.cc.
//
// Thread safety: pure functions.
#if defined(CELLAR_SERVER_CELL_VECTOR_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef CELLAR_SERVER_CELL_VECTOR_MATH_INL_H_
#undef CELLAR_SERVER_CELL_VECTOR_MATH_INL_H_
#else
#define CELLAR_SERVER_CELL_VECTOR_MATH_INL_H_
#endif

#include <cstddef>
#include <cstdint>

#include "hwy/highway.h"
#include "server/cell/exponential.h"
#include "server/cell/vector_pair-inl.h"

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Numbers in a vector.
template <class D>
constexpr int64_t kLanesOf = static_cast<int64_t>(hn::MaxLanes(D()));

template <class D>
using FormatOf = kernels_portable::Format<hn::TFromD<D>>;

// ---- Fused multiply-add: a * b + c, and c - a * b, rounded once ----

// (Highway's scalar target would round the product.)
template <class A, class B, class C>
HWY_INLINE auto Fma(A a, B b, C c) {
  if constexpr (kIsPair<A> || kIsPair<B> || kIsPair<C>) {
    return PairOf(Fma(First(a), First(b), First(c)), Fma(Second(a), Second(b), Second(c)));
  } else {
#if HWY_TARGET == HWY_SCALAR
    return A(kernels_portable::Fma(a.raw, b.raw, c.raw));
#else
    return hn::MulAdd(a, b, c);
#endif
  }
}
template <class A, class B, class C>
HWY_INLINE auto NegativeFma(A a, B b, C c) {
  if constexpr (kIsPair<A> || kIsPair<B> || kIsPair<C>) {
    return PairOf(NegativeFma(First(a), First(b), First(c)),
                  NegativeFma(Second(a), Second(b), Second(c)));
  } else {
#if HWY_TARGET == HWY_SCALAR
    return A(kernels_portable::Fma(-a.raw, b.raw, c.raw));
#else
    return hn::NegMulAdd(a, b, c);
#endif
  }
}

// ---- Vectors at the end of an array, where fewer than a whole one are left ----

// The first `count` numbers at `from`, or as many as a vector has; the rest is 0.
template <class D, class Real = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadUpTo(D d, const Real* from, int64_t count) {
  if (count >= kLanesOf<D>) return hn::LoadU(d, from);
#if HWY_ARCH_X86  // its masked loads do not touch what is masked
  return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(count)), d, from);
#else
  HWY_ALIGN Real padded[kLanesOf<D>] = {};
  for (int64_t i = 0; i < count; ++i) padded[i] = from[i];
  return hn::Load(d, padded);
#endif
}

template <class D, class V, class Real = hn::TFromD<D>>
HWY_INLINE void StoreUpTo(D d, V v, int64_t count, Real* to) {
  if (count >= kLanesOf<D>) return hn::StoreU(v, d, to);
  if (count == 1) {  // who loads it next would wait longer for a masked store
    *to = hn::GetLane(v);
    return;
  }
#if HWY_ARCH_X86
  hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(count)), d, to);
#else
  HWY_ALIGN Real padded[kLanesOf<D>];
  hn::Store(v, d, padded);
  for (int64_t i = 0; i < count; ++i) to[i] = padded[i];
#endif
}

// ---- exponential.h ----

template <class D, class V>
HWY_INLINE V CanonicalNan(D d, V value) {
  const hn::RebindToUnsigned<D> bits;
  return hn::IfThenElse(hn::IsNaN(value), hn::BitCast(d, hn::Set(bits, FormatOf<D>::kCanonicalNan)),
                        value);
}
CELLAR_IN_PAIRS(CanonicalNan)

// 2^exponent.
template <class D, class VI>
HWY_INLINE hn::Vec<D> PowerOfTwo(D d, VI exponent) {
  const hn::RebindToSigned<D> integers;
  const VI biased = hn::Add(exponent, hn::Set(integers, FormatOf<D>::kExponentBias));
  return hn::BitCast(d, hn::ShiftLeft<FormatOf<D>::kFractionBits>(biased));
}

// The integer that was rounded to by adding kIntegerShift.
template <class D, class V>
HWY_INLINE auto IntegerOf(D d, V shifted) {
  const hn::RebindToSigned<D> integers;
  return hn::Sub(hn::BitCast(integers, shifted),
                 hn::BitCast(integers, hn::Set(d, FormatOf<D>::kIntegerShift)));
}

template <class D, class V>
HWY_INLINE V ScaleOf(D d, V shifted) {
  return PowerOfTwo(d, IntegerOf(d, shifted));
}
CELLAR_IN_PAIRS(ScaleOf)

template <class D, class V>
HWY_INLINE V ExpPolynomial(D d, V r, V r2) {
  using F = FormatOf<D>;
  V even = Fma(r2, hn::Set(d, F::kExpEven[0]), hn::Set(d, F::kExpEven[1]));
  for (int i = 2; i < F::kExpEvenCount; ++i) even = Fma(even, r2, hn::Set(d, F::kExpEven[i]));
  V odd = Fma(r2, hn::Set(d, F::kExpOdd[0]), hn::Set(d, F::kExpOdd[1]));
  for (int i = 2; i < F::kExpOddCount; ++i) odd = Fma(odd, r2, hn::Set(d, F::kExpOdd[i]));
  return Fma(odd, r, even);
}

// Only ever made from its parts: a constructor that the compiler adds would be of no instruction
// set.
template <class V>
struct Exponential {
  V head;
  V tail;
  V shifted;  // its exponent, IntegerOf; ScaleOf is 2^exponent
};

// e^(kTimes x). (A power of two goes into a constant, exactly, where nothing has to wait for it.)
template <int kTimes, class D, class V>
HWY_INLINE Exponential<V> Exp(D d, V x) {
  using F = FormatOf<D>;
  using Real = hn::TFromD<D>;
  static_assert(kTimes == 1 || kTimes == 2);
  const auto shift = hn::Set(d, F::kIntegerShift);
  const V shifted = Fma(x, hn::Set(d, Real{kTimes} * F::kLog2E), shift);
  const V n = shifted - shift;
  const V difference = NegativeFma(n, hn::Set(d, F::kLn2High), kTimes == 1 ? x : x + x);
  const V r = NegativeFma(n, hn::Set(d, F::kLn2Low), difference);
  const V r_low = NegativeFma(n, hn::Set(d, F::kLn2Low), difference - r);

  const V r2 = r * r;
  const V polynomial = ExpPolynomial(d, r, r2);
  const V p = Fma(r2, polynomial, r);
  const V p_low = Fma(r2, polynomial, r - p);

  const auto one = hn::Set(d, Real{1});
  const V head = one + p;
  const V tail = ((one - head) + p) + Fma(r_low, head, p_low);
  return {head, tail, shifted};
}

template <class D, class V>
HWY_INLINE V Divide(D d, V a, V a_low, V b, V b_low) {
  const V reciprocal = hn::Set(d, hn::TFromD<D>{1}) / b;
  const V quotient = a * reciprocal;
  const V rest = NegativeFma(quotient, b, a) + NegativeFma(quotient, b_low, a_low);
  return Fma(rest, reciprocal, quotient);
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_MATH_INL_H_
