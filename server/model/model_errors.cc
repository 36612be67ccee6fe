#include "server/model/model_errors.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "server/base/error.h"

namespace cellar {
namespace {

// Room comes when somebody deletes a model, which nobody can foretell; this keeps retries cheap.
constexpr absl::Duration kRetryDelay = absl::Seconds(10);

}  // namespace

absl::Status ModelNotFound(absl::string_view name) {
  return MakeError(absl::StatusCode::kNotFound,
                   absl::StrCat("there is no model '", name, "'; create it first"),
                   {.reason = "MODEL_NOT_FOUND",
                    .metadata = {{"model", std::string(name)}},
                    .resource_type = "model",
                    .resource_name = std::string(name)});
}

absl::Status ModelExists(absl::string_view name, absl::string_view digest) {
  return MakeError(absl::StatusCode::kAlreadyExists,
                   absl::StrCat("'", name, "' is a model with other weights (digest ", digest,
                                "); choose another id or delete it first"),
                   {.reason = "MODEL_EXISTS",
                    .metadata = {{"model", std::string(name)}, {"digest", std::string(digest)}},
                    .resource_type = "model",
                    .resource_name = std::string(name)});
}

absl::Status ModelInUse(absl::string_view name, int64_t session_count) {
  return MakeError(
      absl::StatusCode::kFailedPrecondition,
      absl::StrCat("sessions that use model '", name, "': ", session_count, "; delete them first"),
      {.reason = "MODEL_IN_USE",
       .metadata = {{"model", std::string(name)}, {"session_count", absl::StrCat(session_count)}},
       .resource_type = "model",
       .resource_name = std::string(name)});
}

absl::Status ModelLimit(const ReachedCap& cap) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat("the ", whose, " holds ", cap.used, " of ", cap.limit,
                                " models, as many as it may; delete a model first"),
                   {.reason = "MODEL_LIMIT",
                    .metadata = {{"limit", absl::StrCat(cap.limit)},
                                 {"used", absl::StrCat(cap.used)},
                                 {"scope", std::string(whose)}},
                    .retry_delay = kRetryDelay,
                    .quota_subject = absl::StrCat("models of the ", whose)});
}

absl::Status ModelBytesLimit(const ReachedCap& cap, int64_t requested_bytes) {
  const absl::string_view whose = CapScopeWord(cap.scope);
  return MakeError(
      absl::StatusCode::kResourceExhausted,
      absl::StrCat("the model needs ", requested_bytes, " bytes; models of the ", whose, " hold ",
                   cap.used, " of ", cap.limit, " bytes already; delete models first"),
      {.reason = "MODEL_BYTES_LIMIT",
       .metadata = {{"limit_bytes", absl::StrCat(cap.limit)},
                    {"used_bytes", absl::StrCat(cap.used)},
                    {"requested_bytes", absl::StrCat(requested_bytes)},
                    {"scope", std::string(whose)}},
       .retry_delay = kRetryDelay,
       .quota_subject = absl::StrCat("model bytes of the ", whose)});
}

absl::Status ModelSizeLimit(absl::string_view field, int64_t value, int64_t limit) {
  return MakeError(absl::StatusCode::kResourceExhausted,
                   absl::StrCat(field, ": ", value, " is more than the ", limit,
                                " allowed; use a smaller model"),
                   {.reason = "MODEL_SIZE_LIMIT",
                    .metadata = {{"field", std::string(field)},
                                 {"value", absl::StrCat(value)},
                                 {"limit", absl::StrCat(limit)}},
                    .quota_subject = std::string(field)});
}

}  // namespace cellar
