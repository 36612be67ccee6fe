// Guesses what a mistyped word was meant to be.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_NEAREST_WORD_H_
#define CELLAR_CLIENT_NEAREST_WORD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace cellar {

// The only candidate that the word begins or, behind an underscore, ends, whatever the case of its
// letters (FLOAT32 of PRECISION_FLOAT32); else the one that differs from it in the fewest letters
// inserted, dropped, changed or swapped with their neighbour, if these are at most a third of the
// word's (rounded up); else the first that the word begins. Empty if none is near.
std::string NearestWord(absl::string_view word, const std::vector<std::string>& candidates);

// " (did you mean `x`?)" for the nearest candidate; empty if none is near.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace cellar

#endif  // CELLAR_CLIENT_NEAREST_WORD_H_
