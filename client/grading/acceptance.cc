#include "client/grading/acceptance.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

namespace cellar {
namespace {

// What holds where nothing is set, see Comparison.
constexpr double kDefaultAbsolute = 0.001;
constexpr double kDefaultRelative = 0.001;

void Widen(Acceptance& range, double low, double high) {
  range.low = std::min(range.low, low);
  range.high = std::max(range.high, high);
}

// Numbers of a format in their order; both zeros are 0.
template <class Real, class Bits>
Bits PlaceOf(Real number) {
  const auto bits = std::bit_cast<Bits>(std::fabs(number));
  return std::signbit(number) ? -bits : bits;
}

template <class Real, class Bits>
Real AtPlace(Bits place) {
  const auto number = std::bit_cast<Real>(place < 0 ? -place : place);
  return place < 0 ? -number : number;
}

// The last number in a direction (1 or -1) that is no farther from `expected` than `off`, as a
// difference of doubles is computed.
double LastWithin(double expected, double off, int direction) {
  const auto is_within = [&](int64_t place) {
    return std::fabs(AtPlace<double, int64_t>(place) - expected) <= off;
  };
  int64_t within = PlaceOf<double, int64_t>(expected);
  int64_t beyond = direction * PlaceOf<double, int64_t>(std::numeric_limits<double>::max());
  if (is_within(beyond)) return AtPlace<double, int64_t>(beyond);
  // Between numbers of one sign there are no more places than their type holds.
  if ((within < 0) != (beyond < 0)) (is_within(0) ? within : beyond) = 0;
  while (std::abs(beyond - within) > 1) {
    const int64_t middle = within + (beyond - within) / 2;
    (is_within(middle) ? within : beyond) = middle;
  }
  return AtPlace<double, int64_t>(within);
}

// The server's slack for the errors of decimal numbers, as a part of the number.
constexpr double kSlackOfDoubles = 4 * std::numeric_limits<double>::epsilon();

double SlackOf(v1::Precision precision) {
  constexpr double kOfFloats = 0.5 * std::numeric_limits<float>::epsilon();
  return kSlackOfDoubles + (precision == v1::PRECISION_FLOAT64 ? 0 : kOfFloats);
}

// A difference of `bound`, with the slack.
void WidenBy(Acceptance& range, double expected, double bound, v1::Precision precision) {
  const double slack = std::max(SlackOf(precision) * std::fabs(expected), kSlackOfDoubles * bound);
  const double off = bound + std::min(slack, bound);
  Widen(range, LastWithin(expected, off, -1), LastWithin(expected, off, 1));
}

// The finite number `count` places away in a direction (1 or -1), or the last there is.
template <class Real, class Bits>
Real Neighbour(double value, int64_t count, int direction) {
  const Bits last = PlaceOf<Real, Bits>(std::numeric_limits<Real>::max());
  const Bits place = PlaceOf<Real, Bits>(static_cast<Real>(value));
  // Places there are in that direction; of doubles it may be more than their type holds.
  const uint64_t left =
      static_cast<uint64_t>(last) +
      (direction > 0 ? uint64_t{0} - static_cast<uint64_t>(place) : static_cast<uint64_t>(place));
  if (static_cast<uint64_t>(count) >= left)
    return AtPlace<Real, Bits>(direction > 0 ? last : -last);
  return AtPlace<Real, Bits>(static_cast<Bits>(place + direction * count));
}

// The last number in a direction that is rounded to this one: half a place away, and that only if
// ties go to this one.
double LastRoundedTo(float number, int direction) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  // The place behind the largest number is where the next one would be.
  const double next =
      std::fabs(number) == std::numeric_limits<float>::max() && (number > 0) == (direction > 0)
          ? direction * std::ldexp(1.0, std::numeric_limits<float>::max_exponent)
          : std::nextafter(number, direction > 0 ? kInfinity : -kInfinity);
  const double tie = 0.5 * (static_cast<double>(number) + next);
  return static_cast<float>(tie) == number ? tie : std::nextafter(tie, number);
}

void WidenByUlps(Acceptance& range, int64_t ulps, v1::Precision precision) {
  const double expected = range.low;
  for (const int direction : {-1, 1}) {
    const double last =
        precision == v1::PRECISION_FLOAT64
            ? Neighbour<double, int64_t>(expected, ulps, direction)
            : LastRoundedTo(Neighbour<float, int32_t>(expected, ulps, direction), direction);
    Widen(range, last, last);
  }
}

// Whatever rounds to the same decimals; if the expected value is a tie, to either side's. Numbers
// within the errors of their decimal form of a tie count as one.
void WidenToDecimals(Acceptance& range, double expected, int decimals, v1::Precision precision) {
  const double scale = std::pow(10.0, decimals);
  const double scaled = expected * scale;
  if (!std::isfinite(scaled)) return;
  const double slack = std::max(kSlackOfDoubles, SlackOf(precision) * std::fabs(scaled));
  const double least = std::ceil(scaled - 0.5 - slack);
  const double most = std::floor(scaled + 0.5 + slack);
  const double slack_of_given = kSlackOfDoubles * std::max(1.0, std::fabs(scaled));
  Widen(range, (least - 0.5 - slack_of_given) / scale, (most + 0.5 + slack_of_given) / scale);
}

}  // namespace

Acceptance AcceptanceOf(const v1::Comparison& comparison, double expected, bool rounded,
                        v1::Precision precision) {
  Acceptance range{expected, expected};
  if (!std::isfinite(expected)) return range;
  const bool is_set = comparison.has_absolute() || comparison.has_relative() ||
                      comparison.has_ulps() || comparison.has_decimals();
  if (!is_set) {
    if (rounded) return range;
    WidenBy(range, expected, std::max(kDefaultAbsolute, kDefaultRelative * std::fabs(expected)),
            precision);
    return range;
  }
  if (comparison.has_ulps()) WidenByUlps(range, comparison.ulps(), precision);
  if (comparison.has_absolute()) WidenBy(range, expected, comparison.absolute(), precision);
  if (comparison.has_relative()) {
    WidenBy(range, expected, comparison.relative() * std::fabs(expected), precision);
  }
  if (comparison.has_decimals()) WidenToDecimals(range, expected, comparison.decimals(), precision);
  return range;
}

const v1::Comparison& ComparisonOf(const v1::Exercise& exercise, const v1::Question& question) {
  return question.has_comparison() ? question.comparison() : exercise.comparison();
}

bool IsReportedRounded(const v1::Exercise& exercise, const v1::Question& question) {
  const bool is_h =
      question.quantity() == v1::QUANTITY_H || question.quantity() == v1::QUANTITY_UNSPECIFIED;
  return is_h && exercise.numerics().rounding() == v1::ROUNDING_NEAREST_TIES_TO_ZERO;
}

}  // namespace cellar
