// The EXERCISE of a command line: a file, or the name of one on the server.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_ARGUMENT_H_
#define CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_ARGUMENT_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "cellar/v1/exercise.pb.h"
#include "client/commands/context.h"
#include "client/connection.h"

namespace cellar {

struct ExerciseArgument {
  std::shared_ptr<Connection> connection;  // to the server that has it, or that it is sent to
  std::string name;                        // `exercises/{id}` if the server has it; else empty
  v1::Exercise exercise;                   // what is in the file, or what the server tells of it
};

// Whether the argument names an exercise on a server: it begins with `exercises/` or is an id, and
// there is no such file.
bool IsExerciseName(const std::string& argument);

// Adds EXERCISE.
void AddExerciseArgument(CLI::App& command, std::string& argument);

// Reads the file, or asks the server. A file needs no server of anybody's
// (Context::ConnectOrStart). Fails as LoadExercise, or as GetExercise; of an id it is then noted on
// the error output that there is no such file.
absl::StatusOr<ExerciseArgument> LoadExerciseArgument(Context& context,
                                                      const std::string& argument);

// The exercise as it is under a seed: its variations drawn. Where it stands in a file, a server
// inside this process draws them (or, if there is none, the one asked, which keeps the exercise).
absl::StatusOr<v1::Exercise> DrawnExercise(Context& context, const ExerciseArgument& argument,
                                           const std::string& seed);

// Names the exercise in a request that has `exercise` and `inline_exercise`, or `name` and
// `inline_exercise`.
template <class Request>
void SetSource(const ExerciseArgument& argument, Request& request) {
  if (argument.name.empty()) {
    *request.mutable_inline_exercise() = argument.exercise;
  } else if constexpr (requires { request.set_exercise(argument.name); }) {
    request.set_exercise(argument.name);
  } else {
    request.set_name(argument.name);
  }
}

// An exercise as protobuf text, as it is written by hand.
std::string ExerciseText(const v1::Exercise& exercise);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_EXERCISE_EXERCISE_ARGUMENT_H_
