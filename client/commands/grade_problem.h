// `cellar grade --format edx-customresponse`: a problem that grades itself, and what it has to know
// for that.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_GRADE_PROBLEM_H_
#define CELLAR_CLIENT_COMMANDS_GRADE_PROBLEM_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cellar/v1/grading.pb.h"
#include "client/commands/context.h"
#include "client/commands/exercise/exercise_argument.h"
#include "client/commands/grade_flags.h"

namespace cellar {

// The problem's XML. The first verdict is that on an answer that is not there, at level EXPECTED;
// the others are on answers that it has something to say to. What known mistakes lead to is asked
// of the server, and every answer is graded once more, for each question alone. Fails as those
// calls or as EdxProblem.
absl::StatusOr<std::string> MakeGradeProblem(Context& context, const ExerciseArgument& argument,
                                             const GradeFlags& flags,
                                             const std::vector<v1::Verdict>& verdicts);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_GRADE_PROBLEM_H_
