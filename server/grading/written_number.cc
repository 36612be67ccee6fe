#include "server/grading/written_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

#include "server/grading/comparison.h"

namespace cellar {
namespace {

constexpr int kLeastDecimals = 2;
constexpr int kMostDecimals = 12;

// 0 for a whole number or none.
int DecimalsOf(double number) {
  if (!std::isfinite(number) || number == std::trunc(number)) return 0;
  char text[512];
  const char* const end = std::to_chars(text, std::end(text), number, std::chars_format::fixed).ptr;
  const char* const point = std::find(static_cast<const char*>(text), end, '.');
  return point == end ? 0 : static_cast<int>(end - point - 1);
}

bool RoundsTo(double number, double written, int decimals) {
  return decimals >= kLeastDecimals && decimals <= kMostDecimals &&
         Accepts({.decimals = decimals}, Precision::kFloat64, number, written);
}

}  // namespace

WrittenAnswer WrittenNumbers(const std::vector<std::optional<double>>& values) {
  WrittenAnswer written(values.size());
  int most = 0;
  for (size_t k = 0; k < values.size(); ++k) {
    if (!values[k].has_value()) continue;
    written[k] = {*values[k], DecimalsOf(*values[k])};
    most = std::max(most, written[k]->decimals);
  }
  for (std::optional<WrittenNumber>& number : written) {
    if (number.has_value()) number->decimals_beside = most;
  }
  return written;
}

bool IsRoundedFrom(const WrittenNumber& written, double number) {
  // Rounding to two decimals or more moves a number no farther than this; most are farther apart.
  constexpr double kFarthest = 0.0051;
  if (!(std::abs(number - written.value) <= kFarthest)) return false;
  return RoundsTo(number, written.value, written.decimals) ||
         RoundsTo(number, written.value, written.decimals_beside);
}

}  // namespace cellar
