// Numbers of an exercise that differ from student to student, drawn so that any language on any
// machine draws the same.
//
// The draw of one element, in words that can be written in another language in ten lines:
//   message = "cellar.v1.Variation" 0x00 seed 0x00 field 0x00 element 0x00 round
//             (seed, field: UTF-8 as written; element, round: decimal digits, round from 0)
//   n       = the first 8 bytes of SHA-256(message), as a big-endian unsigned number
//   count   = how many numbers there are to choose from
//   If n >= 2^64 - (2^64 mod count), the draw would favour the first numbers: take the next round.
//   index   = n mod count
//   Choices: values[index].  Range: minimum + index * step, in binary64, product and sum rounded
//   one by one; count = floor((maximum - minimum) / step + 2^-20) + 1, so that a range that is
//   meant to end at `maximum` does so though its step has no exact binary form.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_VARIATION_H_
#define CELLAR_SERVER_GRADING_VARIATION_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"

namespace cellar {

inline constexpr int64_t kMaxRangeCount = 1'000'000;

struct Range {
  double minimum = 0;
  double maximum = 0;
  double step = 1;

  friend bool operator==(const Range&, const Range&) = default;
};

using Choices = std::vector<double>;

struct Variation {
  std::string field;              // path of a tensor: "model.layers[0].lstm.forget_gate.bias"
  std::vector<int64_t> elements;  // row-major indices, at least one
  std::variant<Choices, Range> draw;
};

// Numbers to draw from; at most kMaxRangeCount + 1 are counted. REQUIRES: a range has finite
// bounds, minimum <= maximum and step > 0.
int64_t DrawCount(const std::variant<Choices, Range>& draw);

// The number that this seed draws for the element. REQUIRES: 1 <= DrawCount <= kMaxRangeCount for a
// range; at least one choice.
double DrawNumber(absl::string_view seed, const Variation& variation, int64_t element);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_VARIATION_H_
