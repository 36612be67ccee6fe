// What sigmoid and tanh are made of: e^x as a head and a tail, and a quotient of such pairs.
//
// The rules of activations.h hold: the same operations for every processor, nothing merged or
// reordered, everything in CELLAR_KERNEL_NAMESPACE, no inline function of std.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_CELL_EXPONENTIAL_H_
#define CELLAR_SERVER_CELL_EXPONENTIAL_H_

#include <cstdint>

#ifndef CELLAR_KERNEL_NAMESPACE
#define CELLAR_KERNEL_NAMESPACE kernels_portable
#endif

namespace cellar::CELLAR_KERNEL_NAMESPACE {

inline float Fma(float a, float b, float c) { return __builtin_fmaf(a, b, c); }
inline double Fma(double a, double b, double c) { return __builtin_fma(a, b, c); }

// What the algorithm needs to know of a format.
template <class Real>
struct Format;

template <>
struct Format<float> {
  using Bits = uint32_t;
  using Integer = int32_t;
  static constexpr int kFractionBits = 23;
  static constexpr Integer kExponentBias = 127;
  static constexpr Bits kSignBit = 0x80000000u;
  static constexpr Bits kCanonicalNan = 0x7fc00000u;
  // Added and taken away again, it leaves the nearest integer; meanwhile the low bits hold it.
  static constexpr float kIntegerShift = 0x1.8p23f;
  static constexpr float kLog2E = 0x1.715476p0f;
  static constexpr float kLn2High = 0x1.62e43p-1f;
  static constexpr float kLn2Low = -0x1.05c61p-29f;
  // Beyond these the result no longer changes: exp(-104) is below half of the least denormal, and
  // 1 - tanh(10) is below a quarter of an ulp of 1.
  static constexpr float kSigmoidLimit = 104;
  static constexpr float kTanhLimit = 10;
  // Up to here sigmoid's every step is a normal number, and so would be its products by exp(-|z|).
  static constexpr float kNormalLimit = 40;
  // Coefficients of ExpPolynomial, the highest power first. They minimise the relative error of
  // e^r - 1 (0.008 units of half an ulp), each rounded to the format before the next was fitted.
  static constexpr int kExpEvenCount = 3;
  static constexpr float kExpEven[] = {0x1.6d4376p-10f, 0x1.5554fp-5f, 0.5f};
  static constexpr int kExpOddCount = 3;
  static constexpr float kExpOdd[] = {0x1.9e07acp-13f, 0x1.111308p-7f, 0x1.555554p-3f};
};

template <>
struct Format<double> {
  using Bits = uint64_t;
  using Integer = int64_t;
  static constexpr int kFractionBits = 52;
  static constexpr Integer kExponentBias = 1023;
  static constexpr Bits kSignBit = 0x8000000000000000u;
  static constexpr Bits kCanonicalNan = 0x7ff8000000000000u;
  static constexpr double kIntegerShift = 0x1.8p52;
  static constexpr double kLog2E = 0x1.71547652b82fep0;
  static constexpr double kLn2High = 0x1.62e42fefa39efp-1;
  static constexpr double kLn2Low = 0x1.abc9e3b39803fp-56;
  static constexpr double kSigmoidLimit = 746;
  static constexpr double kTanhLimit = 20;
  static constexpr double kNormalLimit = 600;
  static constexpr int kExpEvenCount = 6;  // relative error 0.003 units
  static constexpr double kExpEven[] = {0x1.1f104a868b179p-29, 0x1.27e5197b7c045p-22,
                                        0x1.a01a018b45630p-16, 0x1.6c16c16c1b326p-10,
                                        0x1.555555555554cp-5,  0.5};
  static constexpr int kExpOddCount = 5;
  static constexpr double kExpOdd[] = {0x1.af5f3608118d2p-26, 0x1.71ddf80af17ebp-19,
                                       0x1.a01a01b004c92p-13, 0x1.111111110f653p-7,
                                       0x1.5555555555559p-3};
};

template <class Real>
inline auto BitsOf(Real value) {
  return __builtin_bit_cast(typename Format<Real>::Bits, value);
}

template <class Real>
inline Real FromBits(typename Format<Real>::Bits bits) {
  return __builtin_bit_cast(Real, bits);
}

// The quiet NaN without sign and payload for any NaN; any other number as it is.
template <class Real>
inline Real CanonicalNan(Real value) {
  return value != value ? FromBits<Real>(Format<Real>::kCanonicalNan) : value;
}

// 2^exponent. REQUIRES: a normal number.
template <class Real>
inline Real PowerOfTwo(typename Format<Real>::Integer exponent) {
  using Bits = typename Format<Real>::Bits;
  return FromBits<Real>(static_cast<Bits>(exponent + Format<Real>::kExponentBias)
                        << Format<Real>::kFractionBits);
}

// (e^r - 1 - r) / r^2 for |r| <= ln(2) / 2, r2 = r * r: even and odd powers apart, which halves the
// chain.
template <class Real>
inline Real ExpPolynomial(Real r, Real r2) {
  using F = Format<Real>;
  Real even = F::kExpEven[0];
  for (int i = 1; i < F::kExpEvenCount; ++i) even = Fma(even, r2, F::kExpEven[i]);
  Real odd = F::kExpOdd[0];
  for (int i = 1; i < F::kExpOddCount; ++i) odd = Fma(odd, r2, F::kExpOdd[i]);
  return Fma(odd, r, even);
}

// (head + tail) * 2^exponent: an e^x whose rounding to a single number has been put off.
template <class Real>
struct Exponential {
  Real head;  // 0.70 to 1.42
  Real tail;  // the part of 1 + (e^r - 1) that head cannot hold
  typename Format<Real>::Integer exponent;
};

// e^x. REQUIRES: -746 <= x <= 0 (not NaN).
template <class Real>
inline Exponential<Real> Exp(Real x) {
  using F = Format<Real>;
  // x = n ln2 + r. The first difference is exact: it is a multiple of x's last bit and cancels.
  const Real shifted = Fma(x, F::kLog2E, F::kIntegerShift);
  const Real n = shifted - F::kIntegerShift;
  const Real difference = Fma(-n, F::kLn2High, x);
  const Real r = Fma(-n, F::kLn2Low, difference);
  const Real r_low = Fma(-n, F::kLn2Low, difference - r);  // what the rounding of r lost

  const Real r2 = r * r;
  const Real polynomial = ExpPolynomial(r, r2);
  const Real p = Fma(r2, polynomial, r);          // e^r - 1 ...
  const Real p_low = Fma(r2, polynomial, r - p);  // ... and what its rounding lost

  Exponential<Real> result;
  result.head = 1 + p;
  result.tail = ((1 - result.head) + p) + Fma(r_low, result.head, p_low);
  result.exponent = static_cast<typename F::Integer>(BitsOf(shifted) - BitsOf(F::kIntegerShift));
  return result;
}

// (a + a_low) / (b + b_low), nearly correctly rounded: a quotient, then one step of Newton on what
// is left over.
template <class Real>
inline Real Divide(Real a, Real a_low, Real b, Real b_low) {
  const Real reciprocal = 1 / b;
  const Real quotient = a * reciprocal;
  const Real rest = Fma(-quotient, b, a) + Fma(-quotient, b_low, a_low);
  return Fma(rest, reciprocal, quotient);
}

}  // namespace cellar::CELLAR_KERNEL_NAMESPACE

#endif  // CELLAR_SERVER_CELL_EXPONENTIAL_H_
