#include "server/grading/variation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "server/base/sha256.h"

namespace cellar {
namespace {

// More than the error of the division, less than any step that is meant.
constexpr double kCountSlack = 1.0 / (1 << 20);

uint64_t FirstNumber(const Sha256Digest& digest) {
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof(number); ++i) number = number << 8 | digest[i];
  return number;
}

// 0 to count - 1, each as likely as the others.
uint64_t DrawIndex(absl::string_view seed, absl::string_view field, int64_t element,
                   uint64_t count) {
  const absl::string_view zero("\0", 1);
  const std::string message =
      absl::StrCat("cellar.v1.Variation", zero, seed, zero, field, zero, element, zero);
  // 2^64 mod count; all the arithmetic is modulo 2^64.
  const uint64_t left_over = (std::numeric_limits<uint64_t>::max() % count + 1) % count;
  for (int64_t round = 0;; ++round) {
    const uint64_t number = FirstNumber(Sha256Of(absl::StrCat(message, round)));
    if (left_over == 0 || number < uint64_t{0} - left_over) return number % count;
  }
}

}  // namespace

int64_t DrawCount(const std::variant<Choices, Range>& draw) {
  if (const auto* choices = std::get_if<Choices>(&draw)) {
    return static_cast<int64_t>(choices->size());
  }
  const Range& range = std::get<Range>(draw);
  const double last = std::floor((range.maximum - range.minimum) / range.step + kCountSlack);
  // Also if it is infinite.
  return static_cast<int64_t>(std::min<double>(last, static_cast<double>(kMaxRangeCount))) + 1;
}

double DrawNumber(absl::string_view seed, const Variation& variation, int64_t element) {
  const auto count = static_cast<uint64_t>(DrawCount(variation.draw));
  const uint64_t index = DrawIndex(seed, variation.field, element, count);
  if (const auto* choices = std::get_if<Choices>(&variation.draw)) return (*choices)[index];
  const Range& range = std::get<Range>(variation.draw);
  return range.minimum + static_cast<double>(index) * range.step;
}

}  // namespace cellar
