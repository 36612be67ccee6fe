// The failures of this floor: one function each; code, reason and wording live here.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_GRADING_GRADING_ERRORS_H_
#define CELLAR_SERVER_GRADING_GRADING_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/identity/cap.h"

namespace cellar {

// CANCELLED: nobody waits for the answer any more.
absl::Status GradingCancelled();

// NOT_FOUND / EXERCISE_NOT_FOUND.
absl::Status ExerciseNotFound(absl::string_view name);

// ALREADY_EXISTS / EXERCISE_EXISTS: the name belongs to an exercise whose digest is `digest`.
absl::Status ExerciseExists(absl::string_view name, absl::string_view digest);

// RESOURCE_EXHAUSTED / EXERCISE_LIMIT: there are `limit` exercises already.
absl::Status ExerciseLimit(const ReachedCap& cap);

// RESOURCE_EXHAUSTED / EXERCISE_BYTES_LIMIT: `requested_bytes` more would go beyond what exercises
// together may hold.
absl::Status ExerciseBytesLimit(const ReachedCap& cap, int64_t requested_bytes);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_GRADING_ERRORS_H_
