// The questions of an exercise, also those that it does not spell out.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_QUESTIONS_H_
#define CELLAR_CLIENT_GRADING_QUESTIONS_H_

#include <string>
#include <vector>

#include "cellar/v1/exercise.pb.h"

namespace cellar {

// All questions with their ids set: those of the exercise, a missing id being the number from 1;
// or, if it has none, one a sequence, for h of the last layer.
std::vector<v1::Question> QuestionsOf(const v1::Exercise& exercise);

// The letter of a quantity: "h", "f".
std::string LetterOf(v1::Quantity quantity);

// The precision in which the exercise is computed, never unspecified.
v1::Precision PrecisionOf(const v1::Exercise& exercise);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_QUESTIONS_H_
