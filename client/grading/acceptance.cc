#include "client/grading/acceptance.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cellar {
namespace {

// What holds where nothing is set, see Comparison.
constexpr double kDefaultAbsolute = 0.001;
constexpr double kDefaultRelative = 0.001;

// More neighbours than this leave every double; nobody means it.
constexpr int64_t kMaxUlps = 100'000;

void Widen(Acceptance& range, double low, double high) {
  range.low = std::min(range.low, low);
  range.high = std::max(range.high, high);
}

// The number `count` places away, of the precision. A given value is rounded to the precision
// first, so FLOAT32 reaches half a place further.
double Neighbour(double value, double towards, int64_t count, v1::Precision precision) {
  if (precision == v1::PRECISION_FLOAT64) {
    for (; count > 0; --count) value = std::nextafter(value, towards);
    return value;
  }
  auto single = static_cast<float>(value);
  for (; count > 0; --count) single = std::nextafter(single, static_cast<float>(towards));
  const float next = std::nextafter(single, static_cast<float>(towards));
  return std::isfinite(next) ? 0.5 * (static_cast<double>(single) + next) : single;
}

// Whatever rounds to the same decimals; if the expected value is a tie, to either side's. Numbers
// within the errors of their decimal form of a tie count as one.
void WidenToDecimals(Acceptance& range, double expected, int decimals) {
  const double scale = std::pow(10.0, decimals);
  const double scaled = expected * scale;
  if (!std::isfinite(scaled)) return;
  const double slack =
      4 * std::numeric_limits<double>::epsilon() * std::max(1.0, std::fabs(scaled));
  const double least = std::ceil(scaled - 0.5 - slack);
  const double most = std::floor(scaled + 0.5 + slack);
  Widen(range, (least - 0.5 - slack) / scale, (most + 0.5 + slack) / scale);
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
    const double off = std::max(kDefaultAbsolute, kDefaultRelative * std::fabs(expected));
    return {expected - off, expected + off};
  }
  if (comparison.has_absolute()) {
    Widen(range, expected - comparison.absolute(), expected + comparison.absolute());
  }
  if (comparison.has_relative()) {
    const double off = comparison.relative() * std::fabs(expected);
    Widen(range, expected - off, expected + off);
  }
  if (comparison.has_ulps()) {
    // So many numbers may lie between, plus one: up to the next number after them.
    const int64_t count = std::min(comparison.ulps(), kMaxUlps);
    const double infinity = std::numeric_limits<double>::infinity();
    Widen(range, Neighbour(expected, -infinity, count, precision),
          Neighbour(expected, infinity, count, precision));
  }
  if (comparison.has_decimals()) WidenToDecimals(range, expected, comparison.decimals());
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
