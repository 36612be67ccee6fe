// The failures of this floor: one function each; code, reason and wording live here.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_MODEL_MODEL_ERRORS_H_
#define CELLAR_SERVER_MODEL_MODEL_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/identity/cap.h"

namespace cellar {

// NOT_FOUND: no model has this name.
absl::Status ModelNotFound(absl::string_view name);

// ALREADY_EXISTS: the name belongs to a model with other weights, whose digest is `digest`.
absl::Status ModelExists(absl::string_view name, absl::string_view digest);

// FAILED_PRECONDITION: `session_count` sessions use the model.
absl::Status ModelInUse(absl::string_view name, int64_t session_count);

// RESOURCE_EXHAUSTED: there are `limit` models already.
absl::Status ModelLimit(const ReachedCap& cap);

// RESOURCE_EXHAUSTED: `requested_bytes` more would go beyond what all models together may hold.
absl::Status ModelBytesLimit(const ReachedCap& cap, int64_t requested_bytes);

// RESOURCE_EXHAUSTED: one model's `field` is larger than any model's may be.
absl::Status ModelSizeLimit(absl::string_view field, int64_t value, int64_t limit);

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_MODEL_ERRORS_H_
