// Which further values of an exercise would tell mistakes apart that explain an answer so far.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_GRADING_TELLING_VALUE_H_
#define CELLAR_SERVER_GRADING_TELLING_VALUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/grading/asked_value.h"
#include "server/grading/exercise.h"
#include "server/grading/mistake.h"

namespace cellar {

// One explanation of an answer: the mistakes that were made at once.
using Explanation = std::vector<const Mistake*>;

// More explanations than this are nobody's to tell apart.
inline constexpr size_t kMaxExplanations = 12;

// Steps of a sequence that are looked at: mistakes differ early.
inline constexpr int64_t kMaxStepsToTellApart = 1000;

// A quantity of a layer after a step: all its elements that were not given.
struct TellingPlace {
  AskedValue at;                  // with element 0
  std::vector<int64_t> elements;  // ascending; at least one
  bool is_whole = true;           // none of its elements was given
};

struct TellingPlaces {
  std::vector<TellingPlace> places;  // together they separate each pair that any place separates
  bool separates_all = false;        // and those are all pairs
};

// What to ask next: values that were not given and differ between explanations. The first separates
// the most pairs, each further one the most of those that are left. Values are compared as they are
// by default. `answered` tells of each question whether its values were given. REQUIRES: at least
// two explanations and at most kMaxExplanations; each can be made in the exercise. Cost: a run of
// the exercise for each.
TellingPlaces FindTellingPlaces(const Exercise& exercise,
                                const std::vector<Explanation>& explanations,
                                const std::vector<bool>& answered);

// The same as a sentence that names the values (what, and after which step) without telling what
// they are; or says that there are none.
std::string HowToTellApart(const Exercise& exercise, const std::vector<Explanation>& explanations,
                           const std::vector<bool>& answered);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_TELLING_VALUE_H_
