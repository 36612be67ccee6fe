// What a call to the server ended with: an absl::Status that keeps everything the server said
// (google.rpc.ErrorInfo, BadRequest, RetryInfo). The only place that reads a grpc::Status.
//
// Thread safety: values; no shared state.
#ifndef CELLAR_CLIENT_CALL_STATUS_H_
#define CELLAR_CLIENT_CALL_STATUS_H_

#include <grpcpp/support/status.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cellar {

// One field of a request that the server refused.
struct RefusedField {
  std::string field;        // path from the request's root
  std::string description;  // the value found and what is allowed

  friend bool operator==(const RefusedField&, const RefusedField&) = default;
};

// What the server said beyond code and message. All empty when it said nothing.
struct CallError {
  std::string reason;  // ErrorReason without its prefix, "STEP_GAP"; empty: not decided by Cellar
  std::map<std::string, std::string> metadata;
  std::vector<RefusedField> fields;
  std::optional<absl::Duration> retry_delay;
};

// The status of a call: the same code and message, with the details kept inside.
absl::Status FromCall(const grpc::Status& status);

// INTERNAL / INTERNAL, as of a call: the server answered what it must not. Never worth a retry.
absl::Status BrokenPromise(const std::string& what);

// Whether the status comes from FromCall, and is no error found before a call was made.
bool IsFromCall(const absl::Status& status);

// The refusal of a call as a mistake that was found before it: of whoever wrote what was sent. It
// keeps its code, its message and its details.
absl::Status AsMistake(const absl::Status& status);

// The details of a status made by FromCall, or AsMistake of one; an empty CallError for any other
// status, and when the details cannot be read.
CallError GetCallError(const absl::Status& status);

// `status` with another message, its details kept.
absl::Status WithMessage(const absl::Status& status, const std::string& message);

// `status` with other words for the fields that the server refused; a single one is its message
// too. REQUIRES: `fields` has as many as it refused.
absl::Status WithFields(const absl::Status& status, const std::vector<RefusedField>& fields);

}  // namespace cellar

#endif  // CELLAR_CLIENT_CALL_STATUS_H_
