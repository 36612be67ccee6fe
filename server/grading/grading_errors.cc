#include "server/grading/grading_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace cellar {

absl::Status GradingCancelled() {
  return absl::CancelledError("the caller gave up before the exercise was worked out");
}

absl::Status ExerciseNotFound(absl::string_view name) {
  return MakeError(
      absl::StatusCode::kNotFound,
      absl::StrCat("there is no exercise '", name, "'; create it first, or send it along"),
      {.reason = "EXERCISE_NOT_FOUND",
       .metadata = {{"exercise", std::string(name)}},
       .resource_type = "exercise",
       .resource_name = std::string(name)});
}

absl::Status ExerciseExists(absl::string_view name, absl::string_view digest) {
  return MakeError(
      absl::StatusCode::kAlreadyExists,
      absl::StrCat("'", name, "' is an exercise (digest ", digest,
                   ") that differs from this one; choose another id or delete it first"),
      {.reason = "EXERCISE_EXISTS",
       .metadata = {{"exercise", std::string(name)}, {"digest", std::string(digest)}},
       .resource_type = "exercise",
       .resource_name = std::string(name)});
}

absl::Status ExerciseLimit(int64_t limit) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the server holds ", limit,
                                " exercises, as many as it may; delete an exercise first"),
                   {.reason = "EXERCISE_LIMIT",
                    .metadata = {{"limit", absl::StrCat(limit)}},
                    .quota_subject = "exercises"});
}

absl::Status ExerciseBytesLimit(int64_t limit_bytes, int64_t used_bytes, int64_t requested_bytes) {
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the exercise needs ", requested_bytes, " bytes; exercises hold ", used_bytes,
                   " of ", limit_bytes, " bytes already; delete exercises first"),
      {.reason = "EXERCISE_BYTES_LIMIT",
       .metadata = {{"limit_bytes", absl::StrCat(limit_bytes)},
                    {"used_bytes", absl::StrCat(used_bytes)},
                    {"requested_bytes", absl::StrCat(requested_bytes)}},
       .quota_subject = "exercise bytes"});
}

}  // namespace cellar
