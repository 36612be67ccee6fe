// Answers as CSV: what `cellar run --csv` prints, or less of it. A header names the columns:
// letters (h c f i o z r g), and where they are needed `sequence`, `t` and `k` (element), from 0,
// and `layer`, from 1; other columns are passed over. Commas, semicolons or tabs separate; behind
// semicolons and tabs a decimal comma is read. Without `t` the lines are the steps. A row has a
// value for each column, though it may be empty.
//
// Lines that begin with # are comments, but for what spreadsheets write in place of a number
// (#REF!). The header is the first line that is no comment; or a comment before it that names
// letters, if it names none: NumPy writes headers so.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_ANSWER_CSV_H_
#define CELLAR_SERVER_GRADING_ANSWER_CSV_H_

#include "absl/strings/string_view.h"
#include "server/grading/answer.h"
#include "server/grading/exercise.h"

namespace cellar {

// Whether there is such a header.
bool HasCsvHeader(absl::string_view content);

ReadAnswer ReadCsv(const Exercise& exercise, absl::string_view content);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_ANSWER_CSV_H_
