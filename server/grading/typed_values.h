// Reads numbers as people type them, and finds fault as late as possible.
//
//   any brackets, balanced, or none      [0, 1]  (0 1)  {0; 1}  <0 1>  [[0], [1]]
//   between numbers: comma, semicolon, blanks, new lines, brackets; one after the last is allowed
//   every minus and dash; a blank behind a sign where nothing else could be meant   [0, - 1]
//   a comma in place of the decimal point, if only so the text has as many numbers as are wanted
//
// What cannot be read is reported with its place, never skipped.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_TYPED_VALUES_H_
#define CELLAR_SERVER_GRADING_TYPED_VALUES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/grading/answer.h"

namespace cellar {

struct TypedValues {
  std::vector<double> values = {};  // however many there are
  ReadProblems problems = {};       // why the text cannot be read; empty if it can
};

// The numbers in `text`. `wanted_count` decides what a comma is, no more.
TypedValues ReadTypedValues(absl::string_view text, int64_t wanted_count);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_TYPED_VALUES_H_
