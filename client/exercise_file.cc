#include "client/exercise_file.h"

#include <optional>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/message_file.h"

namespace cellar {
namespace {

// Whether `a` lies further down the file than `b`: the reading that got further is the one meant.
bool IsFurther(const SourceProblem& a, const SourceProblem& b) {
  return std::tie(a.line, a.column) > std::tie(b.line, b.column);
}

}  // namespace

absl::StatusOr<v1::Exercise> ParseExercise(absl::string_view contents,
                                           absl::string_view file_name) {
  const FileFormat format = FormatOf(file_name, contents);
  v1::Exercise exercise;
  const std::optional<SourceProblem> as_exercise = ParseMessage(contents, format, exercise);
  // The serialized forms cannot be told apart by their bytes; programs write models.
  const bool is_exercise = format != FileFormat::kBinary && !as_exercise.has_value();
  if (is_exercise && !exercise.has_model()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_name, ": there is no `model` in it; write an Exercise or a Model"));
  }
  if (is_exercise) return exercise;
  exercise.Clear();
  const auto as_model = ParseMessage(contents, format, *exercise.mutable_model());
  if (!as_model.has_value()) return exercise;
  const bool model_meant = !as_exercise.has_value() || IsFurther(*as_model, *as_exercise);
  return ProblemIn(file_name, model_meant ? *as_model : *as_exercise);
}

absl::StatusOr<v1::Exercise> LoadExercise(const std::string& path) {
  const absl::StatusOr<std::string> contents = ReadFile(path);
  if (!contents.ok()) return contents.status();
  return ParseExercise(*contents, path);
}

void TakeInitialState(const v1::Exercise& exercise, v1::CreateSessionRequest& request) {
  if (request.has_initial_state() || exercise.sequences().empty()) return;
  if (!exercise.sequences(0).has_initial_state()) return;
  *request.mutable_initial_state() = exercise.sequences(0).initial_state();
}

absl::StatusOr<v1::State> LoadState(const std::string& path) {
  const absl::StatusOr<std::string> contents = ReadFile(path);
  if (!contents.ok()) return contents.status();
  v1::State state;
  const auto problem = ParseMessage(*contents, FormatOf(path, *contents), state);
  if (problem.has_value()) return ProblemIn(path, *problem);
  return state;
}

}  // namespace cellar
