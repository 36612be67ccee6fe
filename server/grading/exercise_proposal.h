// Looks for parameters under which an exercise sees more mistakes.
//
// Thread safety: a pure function of its arguments.
#ifndef CELLAR_SERVER_GRADING_EXERCISE_PROPOSAL_H_
#define CELLAR_SERVER_GRADING_EXERCISE_PROPOSAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/grading/exercise.h"
#include "server/grading/mistake_outcomes.h"

namespace cellar {

struct ProposedExercise {
  Exercise exercise;
  size_t added_question_count;      // of exercise.questions the last ones
  std::string changes;              // in words
  std::vector<std::string> unseen;  // ids of mistakes that it cannot see either
  int64_t indistinct_pair_count;    // pairs that it sees and takes for the same
};

// The best of a few hundred exercises that differ from the given one in weights and inputs (small
// multiples of a quarter) and, where that is not enough, in asking for one more quantity. Fewer
// unseen mistakes are better, then fewer pairs that look alike. The search is the same whenever it
// is made, and bounded in work (a few seconds of one processor). Nothing, if none is better than
// the given one, whose outcomes are `outcomes`. Variations are left out: they would undo the
// change.
std::optional<ProposedExercise> ProposeExercise(const Exercise& exercise,
                                                const MistakeOutcomes& outcomes);

// Pairs of visible mistakes whose answers the comparison takes for the same.
int64_t IndistinctPairCount(const MistakeOutcomes& outcomes);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_EXERCISE_PROPOSAL_H_
