// Submissions from the wire, verdicts onto it.
//
// A verdict is written at a level of feedback, here and nowhere else: what a level does not tell is
// not written, so that it is in no byte of the answer.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_VERDICT_H_
#define CELLAR_SERVER_API_CONVERT_VERDICT_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cellar/v1/grading.pb.h"
#include "server/base/error.h"
#include "server/grading/answer.h"
#include "server/grading/compiled_exercise.h"
#include "server/grading/verdict.h"

namespace cellar {

// Adds a violation at `path` if `text`, which names or draws something, has more than 200
// characters.
void CheckShortText(absl::string_view text, absl::string_view path, FieldViolations& violations);

// Adds what is wrong with the fields of `message` to `violations`, under `path`. (An answer that
// cannot be read is no such thing.)
void CheckSubmission(const v1::Submission& message, absl::string_view path,
                     FieldViolations& violations);

// Reads the answer. REQUIRES: CheckSubmission finds nothing.
ReadAnswer ReadSubmission(const v1::Submission& message, const Exercise& exercise);

// What a verdict says whatever came out. `level` bounds all that is written later.
void WriteVerdictHead(const CompiledExercise& compiled, absl::string_view submission_id,
                      Feedback level, v1::Verdict* message);

// The verdict on an answer that could not be read.
void WriteProblems(const ReadProblems& problems, v1::Verdict* message);

// The verdict on an answer, as far as `level` tells it; without diagnoses.
void WriteQuestions(const CompiledExercise& compiled, const Verdict& verdict, Feedback level,
                    v1::Verdict* message);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_VERDICT_H_
