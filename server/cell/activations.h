// The functions applied element by element, float and double: one definition for every processor.
//
// Only +, -, *, /, fused multiply-add, comparisons that select, and moves of bits, so the same bits
// come out everywhere, and a vector version that does the same operations lane for lane agrees too.
// No operation may be merged or reordered: compile with -ffp-contract=off, never -ffast-math.
//
// Worst error measured: sigmoid 0.796 and tanh 0.842 ulp over every float, denormal results
// included (tests/cell/activations_exhaustive.cc); sigmoid 0.788 and tanh 0.843 ulp over 4e8 random
// doubles. Over the floats neither function ever falls where its argument rises. NaN gives the
// canonical quiet NaN; infinities give the limits; tanh is odd, down to its zeros.
//
// Everything lives in the namespace CELLAR_KERNEL_NAMESPACE. A source that is compiled for another
// instruction set than the library (tests/cell/activations_exhaustive.cc) names one of its own:
// with a shared name the linker would keep one copy of each function, perhaps one that the
// processor cannot run. For the same reason nothing here calls an inline function of std.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_CELL_ACTIVATIONS_H_
#define CELLAR_SERVER_CELL_ACTIVATIONS_H_

#include "server/cell/exponential.h"

namespace cellar::CELLAR_KERNEL_NAMESPACE {

// 1 / (1 + exp(-z)), from E = e^-|z|: E / (1 + E) for negative z, 1 minus that otherwise.
template <class Real>
inline Real Sigmoid(Real z) {
  using F = Format<Real>;
  const Real magnitude = FromBits<Real>(BitsOf(z) & ~F::kSignBit);
  const Exponential<Real> e = Exp(-(magnitude < F::kSigmoidLimit ? magnitude : F::kSigmoidLimit));

  // 2^exponent in two halves, each a normal number. The quotient is scaled last, and only the
  // second product can round: a denormal result is rounded once more, at its own last bit.
  const Real scale = PowerOfTwo<Real>(e.exponent >> 1);
  const Real scale2 = PowerOfTwo<Real>(e.exponent - (e.exponent >> 1));
  const Real scaled = e.head * scale * scale2;
  const Real scaled_low = e.tail * scale * scale2;
  const Real sum = 1 + scaled;
  const Real sum_low = ((1 - sum) + scaled) + scaled_low;
  const Real below = Divide(e.head, e.tail, sum, sum_low) * scale * scale2;
  return CanonicalNan(z != z ? z : (z < 0 ? below : 1 - below));
}

// tanh(z) = (1 - E) / (1 + E) with E = e^(-2 |z|), and the sign of z.
template <class Real>
inline Real Tanh(Real z) {
  using F = Format<Real>;
  const Real magnitude = FromBits<Real>(BitsOf(z) & ~F::kSignBit);
  const Exponential<Real> e = Exp(-2 * (magnitude < F::kTanhLimit ? magnitude : F::kTanhLimit));

  const Real scale = PowerOfTwo<Real>(e.exponent);
  const Real scaled = e.head * scale;
  const Real scaled_low = e.tail * scale;
  const Real sum = 1 + scaled;
  const Real sum_low = ((1 - sum) + scaled) + scaled_low;
  // Near 0 the difference cancels down to the tail, which is then all that counts.
  const Real difference = 1 - scaled;
  const Real difference_low = ((1 - difference) - scaled) - scaled_low;
  const Real top = difference + difference_low;
  const Real top_low = (difference - top) + difference_low;
  const Real quotient = Divide(top, top_low, sum, sum_low);
  return CanonicalNan(z != z ? z : FromBits<Real>(BitsOf(quotient) | (BitsOf(z) & F::kSignBit)));
}

// The course convention: exact between -1 and 1, the limits from there on.
template <class Real>
inline Real SaturatingSigmoid(Real z) {
  return z >= 1 ? Real{1} : (z <= -1 ? Real{0} : Sigmoid(z));
}

template <class Real>
inline Real SaturatingTanh(Real z) {
  return z >= 1 ? Real{1} : (z <= -1 ? Real{-1} : Tanh(z));
}

// max(0, z), never -0.
template <class Real>
inline Real Relu(Real z) {
  return CanonicalNan(z <= 0 ? Real{0} : z);
}

// max(0, min(1, 0.2 z + 0.5)), product and sum rounded one by one.
template <class Real>
inline Real HardSigmoid(Real z) {
  const Real line = static_cast<Real>(0.2) * z + static_cast<Real>(0.5);
  return CanonicalNan(line <= 0 ? Real{0} : (line >= 1 ? Real{1} : line));
}

template <class Real>
inline Real Identity(Real z) {
  return CanonicalNan(z);
}

}  // namespace cellar::CELLAR_KERNEL_NAMESPACE

#endif  // CELLAR_SERVER_CELL_ACTIVATIONS_H_
