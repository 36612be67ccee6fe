// Wrong answers that a grader without a server is to know beforehand: those that people gave, and
// those that known mistakes lead to.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_GRADING_FORESEEN_ANSWERS_H_
#define CELLAR_CLIENT_GRADING_FORESEEN_ANSWERS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "cellar/v1/grading.pb.h"
#include "cellar/v1/grading_service.pb.h"

namespace cellar {

// Of each question, the answers have at most so many numbers together; an entry of a generated
// problem takes about 60 bytes for each.
inline constexpr int64_t kMaxForeseenNumbers = 4000;

// Exercises that ask for more values have no mistakes' answers: their check would be too long a
// message.
inline constexpr int64_t kMaxValuesForMistakes = 2000;

// An answer to one question, as whoever sees no other is to judge it.
struct ForeseenAnswer {
  v1::Submission submission;  // answers one question and no other
  bool is_outcome = false;    // its values are, in all digits, what a mistake leads to
  v1::Verdict verdict{};      // on the submission, once it has been graded
};

// For each question, the different answers of `check` (which was asked for answers; those of the
// catalogue, in its order), then those of `given` (verdicts on what was handed in). `key` is a
// verdict on the exercise, and tells its questions.
std::vector<ForeseenAnswer> ForeseenAnswers(const v1::Verdict& key,
                                            const v1::CheckExerciseResponse& check,
                                            absl::Span<const v1::Verdict> given);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_FORESEEN_ANSWERS_H_
