// An Open edX problem that grades itself: customresponse, whose check is written in Python and runs
// in a sandbox without a network. So everything it must know is written into it: the ranges of
// accepted values and, at level DIAGNOSIS and above, a table of answers that were foreseen, with
// what to say to them.
//
// The key stands in the code of the boxes (<answer>), nowhere else: whatever is in the script, in
// its globals, or in an attribute of a response, a student reads who types its name as `$name`
// (server/decisions/2026-11-25-what-a-student-can-find-out.md).
//
// One box a question, each a response of its own, worth the question's points. A check sees its own
// box only: nothing is said to one that follows from another. Credit for errors carried forward
// needs the cell itself, and is refused.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_EDX_PROBLEM_H_
#define CELLAR_CLIENT_GRADING_EDX_PROBLEM_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/grading.pb.h"
#include "client/grading/foreseen_answers.h"

namespace cellar {

// The problem's XML. `key` is a verdict at level EXPECTED on any readable submission of the
// exercise (an empty one); `foreseen` are answers with their verdicts at level DIAGNOSIS.
// `exercise` says how much to tell. Fails with INVALID_ARGUMENT if the key has no expected values,
// if credit is given for errors carried forward, or if the points have no common measure (edX's
// boxes have whole points; 10,000 parts of one point are tried).
absl::StatusOr<std::string> EdxProblem(const v1::Exercise& exercise, const v1::Verdict& key,
                                       absl::Span<const ForeseenAnswer> foreseen);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_EDX_PROBLEM_H_
