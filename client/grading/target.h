// Grades a running implementation: runs an exercise's sequences on somebody else's server that
// speaks SessionService, and takes what it answers as the submission.
//
// The server may be a student's first. Nothing it answers is believed: lengths are checked, texts
// are cleaned, every call has a deadline. It need not have ModelService: then it knows its model
// already, and it is called models/exercise.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_GRADING_TARGET_H_
#define CELLAR_CLIENT_GRADING_TARGET_H_

#include <memory>

#include "absl/status/statusor.h"
#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/grading.pb.h"
#include "client/connection.h"

namespace cellar {

// The values that the exercise asks for, as the target gives them, typed question by question; id
// and seed are left to the caller. `exercise` has its variations drawn. Sessions made on the target
// are deleted. Fails with INVALID_ARGUMENT and a reason for the student if the target does not
// answer, or not with what is asked.
absl::StatusOr<v1::Submission> AnswersOfTarget(const std::shared_ptr<Connection>& target,
                                               const v1::Exercise& exercise);

}  // namespace cellar

#endif  // CELLAR_CLIENT_GRADING_TARGET_H_
