#include "server/grading/comparison.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace cellar {
namespace {

constexpr double kDefaultTolerance = 0.001;

// From here on every binary64 number is an integer, and has no decimals to round.
constexpr double kAllIntegers = 9007199254740992.0;  // 2^53

// The place of a finite number among all numbers of its format, in their order; both zeros are 0.
template <class Real, class Bits>
int64_t PlaceOf(Real number) {
  constexpr Bits kMagnitude = std::numeric_limits<Bits>::max();
  const auto bits = std::bit_cast<Bits>(number);
  return bits >= 0 ? int64_t{bits} : -int64_t{static_cast<Bits>(bits & kMagnitude)};
}

template <class Real, class Bits>
bool IsWithinUlps(double expected, double given, int64_t ulps) {
  const auto rounded = static_cast<Real>(given);
  if (!std::isfinite(rounded)) return false;
  const int64_t a = PlaceOf<Real, Bits>(static_cast<Real>(expected));
  const int64_t b = PlaceOf<Real, Bits>(rounded);
  // Of different signs they may be further apart than an int64 tells.
  const uint64_t apart = a < b ? static_cast<uint64_t>(b) - static_cast<uint64_t>(a)
                               : static_cast<uint64_t>(a) - static_cast<uint64_t>(b);
  return apart <= static_cast<uint64_t>(ulps);
}

// How far the decimals that people write may be from a number, as a part of it: a few units in the
// last place of a double, and half a unit of the exercise's own precision where that is less fine.
double SlackOf(Precision precision) {
  constexpr double kOfDoubles = 4 * std::numeric_limits<double>::epsilon();
  constexpr double kOfFloats = 0.5 * std::numeric_limits<float>::epsilon();
  return precision == Precision::kFloat32 ? kOfFloats + kOfDoubles : kOfDoubles;
}

// The integers that a number may be rounded to: one, or at a tie two. A number within the errors of
// its decimal form of a tie is one.
struct Roundings {
  double low;
  double high;
};

Roundings RoundingsOf(double scaled, Precision precision) {
  if (std::fabs(scaled) >= kAllIntegers) return {scaled, scaled};
  const double slack =
      std::max(SlackOf(Precision::kFloat64), SlackOf(precision) * std::fabs(scaled));
  return {std::ceil(scaled - 0.5 - slack), std::floor(scaled + 0.5 + slack)};
}

// The expected number is one of `precision`, the given one a decimal.
bool RoundsAlike(Precision precision, double expected, double given, int32_t decimals) {
  const double scale = std::pow(10.0, decimals);
  if (!std::isfinite(expected * scale) || !std::isfinite(given * scale)) return false;
  const Roundings a = RoundingsOf(expected * scale, precision);
  const Roundings b = RoundingsOf(given * scale, Precision::kFloat64);
  return a.low <= b.high && b.low <= a.high;
}

// Whether they differ by no more than the bound, as if all three were the decimals that people
// write: the binary 1.1 and 1 differ by a little more than the binary 0.1, and the float32 0.3 is
// farther from 0.2 than 0.1. The slack for that is at most the bound again, so numbers too large to
// differ by so little must be equal.
bool IsWithin(Precision precision, double bound, double expected, double given) {
  const double slack =
      std::max(SlackOf(precision) * std::fabs(expected), SlackOf(Precision::kFloat64) * bound);
  return std::fabs(given - expected) <= bound + std::min(slack, bound);
}

}  // namespace

Comparison DefaultComparison(Quantity quantity, const Numerics& numerics) {
  Comparison comparison;
  const bool rounded = quantity == Quantity::kH && numerics.rounding != Rounding::kNone;
  comparison.absolute = rounded ? 0.0 : kDefaultTolerance;
  if (!rounded) comparison.relative = kDefaultTolerance;
  return comparison;
}

bool Accepts(const Comparison& comparison, Precision precision, double expected, double given) {
  if (std::isnan(expected) || std::isnan(given)) return std::isnan(expected) && std::isnan(given);
  if (expected == given) return true;
  if (std::isinf(expected) || std::isinf(given)) return false;
  if (comparison.absolute.has_value() &&
      IsWithin(precision, *comparison.absolute, expected, given)) {
    return true;
  }
  if (comparison.relative.has_value() &&
      IsWithin(precision, *comparison.relative * std::fabs(expected), expected, given)) {
    return true;
  }
  if (comparison.decimals.has_value() &&
      RoundsAlike(precision, expected, given, *comparison.decimals)) {
    return true;
  }
  if (!comparison.ulps.has_value()) return false;
  return precision == Precision::kFloat32
             ? IsWithinUlps<float, int32_t>(expected, given, *comparison.ulps)
             : IsWithinUlps<double, int64_t>(expected, given, *comparison.ulps);
}

}  // namespace cellar
