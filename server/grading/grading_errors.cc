#include "server/grading/grading_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"

namespace cellar {
namespace {

// Room comes when exercises are deleted, which nobody can foretell; a second keeps retries cheap.
constexpr absl::Duration kRetryDelay = absl::Seconds(1);

}  // namespace

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

absl::Status ExerciseLimit(const ReachedCap& cap) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the ", whose, " holds ", cap.used, " of ", cap.limit,
                                " exercises, as many as it may; delete an exercise first"),
                   {.reason = "EXERCISE_LIMIT",
                    .metadata = {{"limit", absl::StrCat(cap.limit)},
                                 {"used", absl::StrCat(cap.used)},
                                 {"scope", std::string(whose)}},
                    .retry_delay = kRetryDelay,
                    .quota_subject = absl::StrCat("exercises of the ", whose)});
}

absl::Status ExerciseBytesLimit(const ReachedCap& cap, int64_t requested_bytes) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the exercise needs ", requested_bytes, " bytes; exercises of the ", whose,
                   " hold ", cap.used, " of ", cap.limit, " bytes already; delete exercises first"),
      {.reason = "EXERCISE_BYTES_LIMIT",
       .metadata = {{"limit_bytes", absl::StrCat(cap.limit)},
                    {"used_bytes", absl::StrCat(cap.used)},
                    {"requested_bytes", absl::StrCat(requested_bytes)},
                    {"scope", std::string(whose)}},
       .retry_delay = kRetryDelay,
       .quota_subject = absl::StrCat("exercise bytes of the ", whose)});
}

}  // namespace cellar
