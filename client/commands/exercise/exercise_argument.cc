#include "client/commands/exercise/exercise_argument.h"

#include <google/protobuf/text_format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "client/exercise_file.h"

namespace cellar {
namespace {

using Stub = v1::GradingService::Stub;

absl::StatusOr<v1::Exercise> Get(Connection& connection, const std::string& name,
                                 const std::string& seed) {
  v1::GetExerciseRequest request;
  request.set_name(name);
  request.set_seed(seed);
  auto answer = connection.Call(connection.gradings(), &Stub::GetExercise, request, Repeat::kSafe);
  if (!answer.ok()) return answer.status();
  return std::move(*answer->mutable_exercise());
}

}  // namespace

bool IsExerciseName(const std::string& argument) {
  std::error_code ignored;
  return (absl::StartsWith(argument, "exercises/") || IsId(argument)) &&
         !std::filesystem::exists(argument, ignored);
}

void AddExerciseArgument(CLI::App& command, std::string& argument) {
  command
      .add_option("EXERCISE", argument,
                  "A file, or an exercise on the server: exercises/ID, or ID alone")
      ->type_name("")
      ->required();
}

absl::StatusOr<ExerciseArgument> LoadExerciseArgument(Context& context,
                                                      const std::string& argument) {
  ExerciseArgument loaded;
  const bool is_name = IsExerciseName(argument);
  if (!is_name) {
    absl::StatusOr<v1::Exercise> exercise = LoadExercise(argument);
    if (!exercise.ok()) return exercise.status();
    loaded.exercise = *std::move(exercise);
  }
  auto connection = is_name ? context.Connect() : context.ConnectOrStart();
  if (!connection.ok()) return connection.status();
  loaded.connection = *std::move(connection);
  if (!is_name) return loaded;
  loaded.name = FullName("exercises", argument);
  absl::StatusOr<v1::Exercise> exercise = Get(*loaded.connection, loaded.name, "");
  if (!exercise.ok()) {
    if (IsId(argument)) {
      context.err() << "note: there is no file " << argument << "; the server was asked for "
                    << loaded.name << "\n";
    }
    return exercise.status();
  }
  loaded.exercise = *std::move(exercise);
  return loaded;
}

absl::StatusOr<v1::Exercise> DrawnExercise(Context& context, const ExerciseArgument& argument,
                                           const std::string& seed) {
  if (!argument.name.empty()) return Get(*argument.connection, argument.name, seed);
  if (argument.exercise.variations().empty() || seed.empty()) return argument.exercise;
  const auto local = context.StartLocal();
  if (!local.ok()) return local.status();
  v1::CreateExerciseRequest request;
  *request.mutable_exercise() = argument.exercise;
  const auto created =
      (*local)->Call((*local)->gradings(), &Stub::CreateExercise, request, Repeat::kSafe);
  if (!created.ok()) return created.status();
  absl::StatusOr<v1::Exercise> drawn = Get(**local, created->exercise().name(), seed);
  if (!drawn.ok()) return drawn;
  drawn->clear_name();  // it is a file's again
  drawn->clear_digest();
  drawn->clear_create_time();
  return drawn;
}

std::string ExerciseText(const v1::Exercise& exercise) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  printer.SetUseUtf8StringEscaping(true);
  std::string text;
  printer.PrintToString(exercise, &text);
  return text;
}

}  // namespace cellar
