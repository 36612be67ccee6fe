#include "server/cell/numerics.h"

#include "server/cell/exponential.h"

namespace cellar {
namespace {

namespace kernels = CELLAR_KERNEL_NAMESPACE;

}  // namespace

template <class Real>
Real CanonicalNan(Real value) {
  return kernels::CanonicalNan(value);
}

template <class Real>
Real RoundTiesToZero(Real value) {
  using F = kernels::Format<Real>;
  const Real magnitude = kernels::FromBits<Real>(kernels::BitsOf(value) & ~F::kSignBit);
  // Numbers this large are integers. Below, `down` is the nearest integer with ties to even, and a
  // tie that went up is taken back.
  constexpr Real kAllIntegers = Real{1} / 2 * (typename F::Bits{1} << (F::kFractionBits + 1));
  const Real nearest = (magnitude + kAllIntegers) - kAllIntegers;
  const Real down = nearest - magnitude == static_cast<Real>(0.5) ? nearest - 1 : nearest;
  const Real rounded = value < 0 ? 0 - down : down;
  return CanonicalNan(magnitude < kAllIntegers ? rounded : value);
}

template float CanonicalNan(float);
template double CanonicalNan(double);
template float RoundTiesToZero(float);
template double RoundTiesToZero(double);

}  // namespace cellar
