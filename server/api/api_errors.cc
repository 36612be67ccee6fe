#include "server/api/api_errors.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"

namespace cellar {
namespace {

// Streams end when their clients say so; a second keeps retries cheap.
constexpr absl::Duration kStreamRetryDelay = absl::Seconds(1);

// Calls in flight are short, most of them.
constexpr absl::Duration kCallBytesRetryDelay = absl::Milliseconds(100);

void Add(absl::string_view key, int64_t value, ErrorDetail& detail) {
  detail.metadata.emplace_back(std::string(key), absl::StrCat(value));
}

ErrorDetail AboutModel(absl::string_view reason, absl::string_view model) {
  ErrorDetail detail;
  detail.reason = std::string(reason);
  detail.metadata.emplace_back("model", std::string(model));
  detail.resource_type = "model";
  detail.resource_name = std::string(model);
  return detail;
}

}  // namespace

absl::Status AnswerSizeLimit(int64_t answer_bytes, int64_t limit_bytes) {
  ErrorDetail detail;
  detail.reason = "ANSWER_SIZE_LIMIT";
  Add("answer_bytes", answer_bytes, detail);
  Add("limit_bytes", limit_bytes, detail);
  detail.quota_subject = "bytes of an answer";
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the answer would have about ", answer_bytes,
                                " bytes; a message may have ", limit_bytes,
                                "; nothing was applied: ask for fewer steps, a smaller view, "
                                "LAST_STEP or raw tensors"),
                   detail);
}

absl::Status StepCountLimit(int64_t steps, int64_t limit) {
  ErrorDetail detail;
  detail.reason = "STEP_COUNT_LIMIT";
  Add("steps", steps, detail);
  Add("limit", limit, detail);
  detail.quota_subject = "steps of a request";
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the request has ", steps, " steps; one may have ", limit,
                                "; nothing was applied: send fewer at a time"),
                   detail);
}

absl::Status StepCostLimit(int64_t steps, int64_t limit, int64_t limit_multiply_adds) {
  ErrorDetail detail;
  detail.reason = "STEP_COUNT_LIMIT";
  Add("steps", steps, detail);
  Add("limit", limit, detail);
  detail.quota_subject = "multiply-adds of a request";
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the request has ", steps, " steps, and they take more multiply-adds than the ",
                   limit_multiply_adds, " that one may, enough for ", limit,
                   " of them; nothing was applied: send fewer at a time"),
      detail);
}

absl::Status StreamLimit(const ReachedCap& cap) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  ErrorDetail detail;
  detail.reason = "STREAM_LIMIT";
  Add("limit", cap.limit, detail);
  Add("used", cap.used, detail);
  detail.metadata.emplace_back("scope", whose);
  detail.retry_delay = kStreamRetryDelay;
  detail.quota_subject = absl::StrCat("open streams of the ", whose);
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the ", whose, " has ", cap.used, " of ", cap.limit,
                                " open streams, as many as it may; close streams, try later, or "
                                "send single Step calls"),
                   detail);
}

absl::Status CallBytesLimit(const ReachedCap& cap, int64_t requested_bytes) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  ErrorDetail detail;
  detail.reason = "CALL_BYTES_LIMIT";
  detail.metadata = {{"limit_bytes", absl::StrCat(cap.limit)},
                     {"used_bytes", absl::StrCat(cap.used)},
                     {"requested_bytes", absl::StrCat(requested_bytes)},
                     {"scope", std::string(whose)}};
  detail.retry_delay = kCallBytesRetryDelay;
  detail.quota_subject = absl::StrCat("bytes of the calls in flight of the ", whose);
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("calls of the ", whose, " hold ", cap.used, " of the ", cap.limit,
                                " bytes they may, and ", requested_bytes,
                                " more do not fit; read answers, have fewer calls open at once, or "
                                "try again later"),
                   detail);
}

absl::Status ModelBidirectional(absl::string_view model) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(model,
                                " is bidirectional: its steps depend on inputs that come later, so "
                                "no session can step it; use Evaluate on whole sequences"),
                   AboutModel("MODEL_BIDIRECTIONAL", model));
}

absl::Status DurabilityUnavailable(absl::string_view durability) {
  ErrorDetail detail;
  detail.reason = "DURABILITY_UNAVAILABLE";
  detail.metadata.emplace_back("durability", std::string(durability));
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat(durability,
                                " needs a store, and this server keeps sessions in memory only; "
                                "ask for DURABILITY_MEMORY, or start the server with --data-dir"),
                   detail);
}

absl::Status CallCancelled() {
  return absl::CancelledError(
      "the caller cancelled the call; what was not answered was not applied");
}

absl::Status DeadlineExceeded() {
  return absl::DeadlineExceededError(
      "the deadline passed in the middle of the work; give it more time or send less");
}

absl::Status WithServerFacts(const absl::Status& status, absl::string_view server_epoch) {
  if (status.ok()) return status;
  const std::string reason = GetErrorReason(status);
  if (reason != "MODEL_NOT_FOUND" && reason != "EXERCISE_NOT_FOUND" && reason != "STEP_GAP") {
    return status;
  }
  ErrorDetail detail = *GetErrorDetail(status);
  for (const auto& [key, value] : detail.metadata) {
    if (key == "server_epoch") return status;
  }
  detail.metadata.emplace_back("server_epoch", std::string(server_epoch));
  return MakeError(status.code(), status.message(), detail);
}

}  // namespace cellar
