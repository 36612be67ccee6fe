// What is wrong with an exercise, or too large for the server, told to who wrote it.
//
// Thread safety: a function; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_SIZE_H_
#define CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_SIZE_H_

#include <string>

#include "absl/status/status.h"

namespace cellar {

// What a call with an exercise in it ended with. If the exercise has too many steps or too large a
// model for it, INVALID_ARGUMENT that says what to make smaller, as of a bad file; if the exercise
// that was sent along is refused, what is wrong at which place of `file`, it too as of a bad file
// and not of a call; else `status`.
absl::Status ToldToAuthor(const absl::Status& status, const std::string& file);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_SIZE_H_
