#include "server/engine/engine_errors.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"

namespace cellar {
namespace {

// Long enough that a refused caller does not spin, short against what fills a queue.
constexpr absl::Duration kQueueRetryDelay = absl::Milliseconds(100);

ErrorDetail SessionDetail(absl::string_view reason, absl::string_view session) {
  ErrorDetail detail;
  detail.reason = std::string(reason);
  detail.resource_type = "session";
  detail.resource_name = std::string(session);
  detail.metadata.emplace_back("session", session);
  return detail;
}

void Add(absl::string_view key, int64_t value, ErrorDetail& detail) {
  detail.metadata.emplace_back(std::string(key), absl::StrCat(value));
}

absl::string_view ScopeWord(StepQueueScope scope) {
  switch (scope) {
    case StepQueueScope::kSession:
      return "session";
    case StepQueueScope::kTenant:
      return "tenant";
    case StepQueueScope::kServer:
      break;
  }
  return "server";
}

ErrorDetail StepDetail(absl::string_view reason, absl::string_view session, int64_t step_index,
                       int64_t next_step) {
  ErrorDetail detail = SessionDetail(reason, session);
  Add("step_index", step_index, detail);
  Add("next_step", next_step, detail);
  return detail;
}

}  // namespace

absl::Status StepQueueLimit(StepQueueScope scope, int64_t limit, int64_t used) {
  const absl::string_view whose = ScopeWord(scope);
  ErrorDetail detail;
  detail.reason = "STEP_QUEUE_LIMIT";
  Add("limit", limit, detail);
  Add("used", used, detail);
  detail.metadata.emplace_back("scope", whose);
  detail.retry_delay = kQueueRetryDelay;
  detail.quota_subject = absl::StrCat("waiting steps of the ", whose);
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("too many steps are waiting on this ", whose, ": ", used, " are, at most ",
                   limit, " may; nothing was applied, try again later"),
      detail);
}

absl::Status DeadlinePassed() {
  ErrorDetail detail;
  detail.reason = "DEADLINE_PASSED";
  return MakeError(
      absl::StatusCode::kDeadlineExceeded,
      "the deadline passed before the work was done; nothing was applied, try again with "
      "more time",
      detail);
}

absl::Status StepConflict(absl::string_view session, int64_t step_index, int64_t next_step) {
  return MakeError(
      absl::StatusCode::kAborted,
      absl::StrCat("step ", step_index, " of ", session,
                   " was made with other inputs; the next step is ", next_step,
                   ": go on from there, or rewind the session to replace steps already made"),
      StepDetail("STEP_CONFLICT", session, step_index, next_step));
}

absl::Status StepOverlap(absl::string_view session, int64_t step_index, int64_t next_step) {
  return MakeError(
      absl::StatusCode::kAborted,
      absl::StrCat("the request begins at step ", step_index, " of ", session,
                   " and reaches over its next step ", next_step,
                   "; send the steps before it and those from it on in separate requests"),
      StepDetail("STEP_CONFLICT", session, step_index, next_step));
}

absl::Status StepGap(absl::string_view session, int64_t step_index, int64_t next_step) {
  return MakeError(
      absl::StatusCode::kOutOfRange,
      absl::StrCat("step ", step_index, " of ", session, " lies beyond its next step ", next_step,
                   "; send the missing steps first, from ", next_step, " on"),
      StepDetail("STEP_GAP", session, step_index, next_step));
}

absl::Status StepTooOld(absl::string_view session, int64_t step_index, int64_t oldest_step,
                        int64_t next_step) {
  ErrorDetail detail = SessionDetail("STEP_TOO_OLD", session);
  Add("step_index", step_index, detail);
  Add("oldest_step", oldest_step, detail);
  Add("next_step", next_step, detail);
  return MakeError(
      absl::StatusCode::kOutOfRange,
      absl::StrCat("step ", step_index, " of ", session,
                   " lies before its replay window, which reaches back to step ", oldest_step,
                   "; the next step is ", next_step, ": go on from there, or reset the session"),
      detail);
}

absl::Status StepIndexLimit(absl::string_view session, int64_t steps, int64_t limit) {
  ErrorDetail detail = SessionDetail("STEP_COUNT_LIMIT", session);
  Add("steps", steps, detail);
  Add("limit", limit, detail);
  detail.quota_subject = "step indices of the session";
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the request has ", steps, " steps, but ", session, " has only ", limit,
                   " step indices left; send fewer steps, or reset the session"),
      detail);
}

}  // namespace cellar
