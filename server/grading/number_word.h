// One number as people write it.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_NUMBER_WORD_H_
#define CELLAR_SERVER_GRADING_NUMBER_WORD_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

// A number, or why there is none.
struct NumberWord {
  std::optional<double> value = {};
  std::string problem = {};  // "is no number ...", to stand behind the quoted word
};

// Reads a whole word of ASCII: 1, -0, +2, .5, 1., 1e-3, NaN, inf, Infinity (letters in any case,
// with or without a sign). What is too small for binary64 is 0 or its nearest; what is too large is
// none.
NumberWord ReadNumberWord(absl::string_view word);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_NUMBER_WORD_H_
