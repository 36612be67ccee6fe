// Guesses what a mistyped word was meant to be.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_NEAREST_WORD_H_
#define CELLAR_CLIENT_NEAREST_WORD_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace cellar {

// The candidate that differs from `word` in the fewest letters inserted, dropped, changed or
// swapped with their neighbour, if these are at most a third of the word's (rounded up), or that
// the word begins; the first such one. Empty if none is near.
std::string NearestWord(absl::string_view word, const std::vector<std::string>& candidates);

// " (did you mean `x`?)" for the nearest candidate; empty if none is near.
std::string DidYouMean(absl::string_view word, const std::vector<std::string>& candidates);

}  // namespace cellar

#endif  // CELLAR_CLIENT_NEAREST_WORD_H_
