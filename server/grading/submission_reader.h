// Reads what a student handed in against what an exercise asks.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_SUBMISSION_READER_H_
#define CELLAR_SERVER_GRADING_SUBMISSION_READER_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/grading/answer.h"
#include "server/grading/exercise.h"

namespace cellar {

enum class AnswerFormat { kUnspecified, kText, kJson, kCsv, kNpy };

// One text: the values of all questions, one after another.
ReadAnswer ReadText(const Exercise& exercise, absl::string_view text);

// Texts by question id; a blank one is no answer.
ReadAnswer ReadTexts(const Exercise& exercise,
                     const std::vector<std::pair<std::string, std::string>>& texts);

// A file that a program wrote; the form of kUnspecified is told by what it
// begins with, as grading.proto says.
ReadAnswer ReadFile(const Exercise& exercise, AnswerFormat format, absl::string_view content);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_SUBMISSION_READER_H_
