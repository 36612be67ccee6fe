// Exercises that are too large for the server, told to who wrote them.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_SIZE_H_
#define CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_SIZE_H_

#include "absl/status/status.h"

namespace cellar {

// What a call with an exercise in it ended with. If the exercise has too many steps or too large a
// model for it, INVALID_ARGUMENT that says what to make smaller, as of a bad file; else `status`.
absl::Status ToldToAuthor(const absl::Status& status);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_SIZE_H_
