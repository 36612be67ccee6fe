// Names of models, sessions and exercises as people type them: `sessions/mine` and `mine` mean the
// same.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_RESOURCE_NAME_H_
#define CELLAR_CLIENT_RESOURCE_NAME_H_

#include <string>

#include "absl/strings/string_view.h"

namespace cellar {

// `id` as a full name: with `collection` ("sessions", "models", "exercises") and a slash in front,
// unless there is a slash in it.
std::string FullName(absl::string_view collection, absl::string_view id);

// The id that a new resource is to have, of its full name or as it is.
std::string BareId(absl::string_view collection, absl::string_view name);

// Whether the server takes the word as an id: 1 to 63 characters of a-z, 0-9 and hyphen, the first
// of them a letter.
bool IsId(absl::string_view word);

}  // namespace cellar

#endif  // CELLAR_CLIENT_RESOURCE_NAME_H_
