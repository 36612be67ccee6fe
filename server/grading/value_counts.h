// Deals values out to the questions they answer, and tells when there are too many or too few.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_VALUE_COUNTS_H_
#define CELLAR_SERVER_GRADING_VALUE_COUNTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/grading/answer.h"
#include "server/grading/exercise.h"

namespace cellar {

// "1 value", "3 values".
std::string ValuesText(int64_t count);

// The values of all questions one after another. A problem if they are not as many as wanted.
ReadAnswer DealOut(const Exercise& exercise, const std::vector<double>& values);

// "there are 5 values in the answer; wanted are 6": of one question.
std::string WrongCount(const Question& question, int64_t found_count);

// The question with this id, or nullptr.
const Question* FindQuestion(const Exercise& exercise, absl::string_view id);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_VALUE_COUNTS_H_
