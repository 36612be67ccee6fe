// Numbers as people write and read them.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_NUMBER_TEXT_H_
#define CELLAR_CLIENT_NUMBER_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/numerics.pb.h"

namespace cellar {

// How a number is written.
struct NumberFormat {
  // Significant decimals, 1 to 17. 0: as few as give the same number back when read in `precision`.
  int digits = 4;
  // Format in which the number was computed; unspecified counts as FLOAT32.
  v1::Precision precision = v1::PRECISION_FLOAT32;

  // As few digits as tell the number exactly.
  static NumberFormat Full(v1::Precision precision) { return {0, precision}; }
};

// The number in the format. Whole numbers without a point ("0", "-1", "100"); a number that has no
// more digits than allowed as it is ("0.5"); any other rounded to exactly `digits` significant ones
// ("0.7616", "1.000"), so that a value that only looks whole is told from one that is. Very small
// and very large ones in scientific form ("3.784e-44"). "-0", "NaN", "Infinity", "-Infinity".
std::string FormatNumber(double value, const NumberFormat& format);

// A number as typed: as FormatNumber writes it, also "+1", ".5", "1.", "inf", "nan" in any case and
// the typographic minus U+2212. Fails with INVALID_ARGUMENT, quoting the word.
absl::StatusOr<double> ParseNumber(absl::string_view word);

// Numbers separated by spaces, commas or semicolons, perhaps in brackets: "0 0 1", "[0, 0, 1]".
// Fails with INVALID_ARGUMENT, quoting the first word that is none. No numbers give an empty list.
//
// A comma between two digits is refused where it may be a decimal comma: where no number has a
// point and all can be read with such commas as points, as "0,5", "0,5 1" and "0,5; 1,5" can, but
// not "0,0,1". It separates all the same if `step_size` says how many numbers make a step (0: not
// known), and only so all steps are whole. (What is graded is read by the same rule; there it is
// always known how many numbers are wanted, and nothing is in doubt.)
absl::StatusOr<std::vector<double>> ParseNumbers(absl::string_view text, int64_t step_size = 0);

// To the nearest integer, ties to zero (0.5 and -0.5 give 0, 1.5 gives 1); never -0. NaN and
// infinities stay. The client's own, for showing; the server has its rounding rule in Numerics.
double RoundTiesToZero(double value);

}  // namespace cellar

#endif  // CELLAR_CLIENT_NUMBER_TEXT_H_
