// What the kernels are made of besides Highway's own operations: fused multiply-adds that round
// once on every target, vectors at the end of an array, and exponential.h once more with vectors:
// the same operations lane for lane, so the same bits.
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

HWY_BEFORE_NAMESPACE();
namespace cellar::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Numbers in a vector.
template <class D>
constexpr int64_t kLanesOf = static_cast<int64_t>(hn::MaxLanes(D()));

template <class D>
using FormatOf = kernels_portable::Format<hn::TFromD<D>>;

// ---- Fused multiply-add: a * b + c, and c - a * b, rounded once ----

#if HWY_TARGET == HWY_SCALAR
// Highway's scalar target would round the product.
template <class Real>
HWY_INLINE hn::Vec1<Real> Fma(hn::Vec1<Real> a, hn::Vec1<Real> b, hn::Vec1<Real> c) {
  return hn::Vec1<Real>(kernels_portable::Fma(a.raw, b.raw, c.raw));
}
template <class Real>
HWY_INLINE hn::Vec1<Real> NegativeFma(hn::Vec1<Real> a, hn::Vec1<Real> b, hn::Vec1<Real> c) {
  return hn::Vec1<Real>(kernels_portable::Fma(-a.raw, b.raw, c.raw));
}
#else
template <class V>
HWY_INLINE V Fma(V a, V b, V c) {
  return hn::MulAdd(a, b, c);
}
template <class V>
HWY_INLINE V NegativeFma(V a, V b, V c) {
  return hn::NegMulAdd(a, b, c);
}
#endif

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

// 2^exponent.
template <class D, class VI>
HWY_INLINE hn::Vec<D> PowerOfTwo(D d, VI exponent) {
  const hn::RebindToSigned<D> integers;
  const VI biased = hn::Add(exponent, hn::Set(integers, FormatOf<D>::kExponentBias));
  return hn::BitCast(d, hn::ShiftLeft<FormatOf<D>::kFractionBits>(biased));
}

template <class D, class V>
HWY_INLINE V ExpPolynomial(D d, V r, V r2) {
  using F = FormatOf<D>;
  V even = hn::Set(d, F::kExpEven[0]);
  for (int i = 1; i < F::kExpEvenCount; ++i) even = Fma(even, r2, hn::Set(d, F::kExpEven[i]));
  V odd = hn::Set(d, F::kExpOdd[0]);
  for (int i = 1; i < F::kExpOddCount; ++i) odd = Fma(odd, r2, hn::Set(d, F::kExpOdd[i]));
  return Fma(odd, r, even);
}

// Only ever made from its parts: a constructor that the compiler adds would be of no instruction
// set.
template <class D>
struct Exponential {
  hn::Vec<D> head;
  hn::Vec<D> tail;
  hn::Vec<hn::RebindToSigned<D>> exponent;
};

template <class D, class V>
HWY_INLINE Exponential<D> Exp(D d, V x) {
  using F = FormatOf<D>;
  const hn::RebindToSigned<D> integers;
  const V shift = hn::Set(d, F::kIntegerShift);
  const V shifted = Fma(x, hn::Set(d, F::kLog2E), shift);
  const V n = hn::Sub(shifted, shift);
  const V difference = NegativeFma(n, hn::Set(d, F::kLn2High), x);
  const V r = NegativeFma(n, hn::Set(d, F::kLn2Low), difference);
  const V r_low = NegativeFma(n, hn::Set(d, F::kLn2Low), hn::Sub(difference, r));

  const V r2 = hn::Mul(r, r);
  const V polynomial = ExpPolynomial(d, r, r2);
  const V p = Fma(r2, polynomial, r);
  const V p_low = Fma(r2, polynomial, hn::Sub(r, p));

  const V one = hn::Set(d, hn::TFromD<D>{1});
  const V head = hn::Add(one, p);
  const V tail = hn::Add(hn::Add(hn::Sub(one, head), p), Fma(r_low, head, p_low));
  return {head, tail, hn::Sub(hn::BitCast(integers, shifted), hn::BitCast(integers, shift))};
}

template <class D, class V>
HWY_INLINE V Divide(D d, V a, V a_low, V b, V b_low) {
  const V reciprocal = hn::Div(hn::Set(d, hn::TFromD<D>{1}), b);
  const V quotient = hn::Mul(a, reciprocal);
  const V rest = hn::Add(NegativeFma(quotient, b, a), NegativeFma(quotient, b_low, a_low));
  return Fma(rest, reciprocal, quotient);
}

}  // namespace cellar::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // CELLAR_SERVER_CELL_VECTOR_MATH_INL_H_
