// Names and ids in requests: "models/{id}", "sessions/{id}" and "exercises/{id}".
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_RESOURCE_NAMES_H_
#define CELLAR_SERVER_API_RESOURCE_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"
#include "server/base/error.h"

namespace cellar {

inline constexpr absl::string_view kModelCollection = "models/";
inline constexpr absl::string_view kExerciseCollection = "exercises/";
inline constexpr absl::string_view kSessionCollection = "sessions/";

// Adds a violation at `path` unless `name` is `collection` and a valid id. Returns whether it is.
bool CheckName(absl::string_view name, absl::string_view collection, absl::string_view path,
               FieldViolations& violations);

// Adds a violation at `path` unless `id` is valid or empty (then one will be made).
void CheckChosenId(absl::string_view id, absl::string_view path, FieldViolations& violations);

// `collection` and `id`; empty, so that a name is made, if `id` is.
std::string ChosenName(absl::string_view collection, absl::string_view id);

// `text` in quotes, fit for a message: no control characters, cut if long.
std::string Quoted(absl::string_view text);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_RESOURCE_NAMES_H_
