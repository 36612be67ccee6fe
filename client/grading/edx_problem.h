// An Open edX problem that grades itself: customresponse, whose check function is written in Python
// and runs in a sandbox without a network. So everything it must know is written into it: the
// ranges of accepted values and a table of answers that were foreseen, with what to say to them.
//
// One box a question, each a response of its own (edX gives each the same share of the points;
// credit CARRIED is given a value at a time).
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_EDX_PROBLEM_H_
#define CELLAR_CLIENT_GRADING_EDX_PROBLEM_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/grading.pb.h"

namespace cellar {

// The problem's XML. `key` is a verdict at level EXPECTED on any readable submission of the
// exercise (an empty one); `foreseen` are verdicts on answers that students are known to give, each
// with its diagnoses. `exercise` says how much to tell. Fails with INVALID_ARGUMENT if the key has
// no expected values.
absl::StatusOr<std::string> EdxProblem(const v1::Exercise& exercise, const v1::Verdict& key,
                                       absl::Span<const v1::Verdict> foreseen);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_EDX_PROBLEM_H_
