// What a failure tells beyond its code and message: a reason for programs, the values involved,
// every violation of a request. It rides on an absl::Status as a payload, from the floor that knows
// the facts to rpc/, which puts it on the wire (google.rpc.ErrorInfo, BadRequest, RetryInfo,
// ResourceInfo, QuotaFailure).
//
// Thread safety: values; no shared state.
#ifndef CELLAR_SERVER_BASE_ERROR_H_
#define CELLAR_SERVER_BASE_ERROR_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace cellar {

// One field of a request that breaks its rule.
struct FieldViolation {
  // Path from the request's root: "model.layers[0].lstm.forget_gate.bias"; empty: the whole of it.
  std::string field;
  std::string description;  // the value found, what is allowed, what to do

  friend bool operator==(const FieldViolation&, const FieldViolation&) = default;
};

// All violations found in one request, in the order found. An empty list is a valid request.
using FieldViolations = std::vector<FieldViolation>;

// Where looking for more of them may end: nobody reads more.
inline constexpr size_t kMaxViolations = 1000;

struct ErrorDetail {
  std::string reason = {};  // ErrorReason without its prefix: "STEP_GAP"
  std::vector<std::pair<std::string, std::string>> metadata = {};  // values in the message, by key
  FieldViolations violations = {};                                 // for BAD_REQUEST
  std::optional<absl::Duration> retry_delay = {};                  // when to try again, if ever
  std::string resource_type = {};  // "model" or "session", if one is concerned
  std::string resource_name = {};  // its full name
  std::string quota_subject = {};  // what is exhausted, if a cap refused the call

  friend bool operator==(const ErrorDetail&, const ErrorDetail&) = default;
};

// A status of this code and message that carries `detail`. REQUIRES: code is not kOk.
absl::Status MakeError(absl::StatusCode code, absl::string_view message, const ErrorDetail& detail);

// The detail of a status made by MakeError; nothing for any other status.
std::optional<ErrorDetail> GetErrorDetail(const absl::Status& status);

// The reason of a status made by MakeError; empty for any other status.
std::string GetErrorReason(const absl::Status& status);

// INVALID_ARGUMENT / BAD_REQUEST with all the violations; OK if there are none. The message quotes
// the first and tells how many there are.
absl::Status BadRequest(FieldViolations violations);

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_ERROR_H_
