// Exercises, models and states in files (message_file.h tells which formats).
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_EXERCISE_FILE_H_
#define CELLAR_CLIENT_EXERCISE_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/exercise.pb.h"
#include "cellar/v1/session_service.pb.h"
#include "cellar/v1/state.pb.h"

namespace cellar {

// The exercise in a file. A file with a bare model gives an exercise without sequences. Fails with
// INVALID_ARGUMENT if the file cannot be read, or is neither: "file:line:column: ...".
absl::StatusOr<v1::Exercise> LoadExercise(const std::string& path);

// The exercise or model in `contents`; `file_name` is for messages and for the format.
absl::StatusOr<v1::Exercise> ParseExercise(absl::string_view contents, absl::string_view file_name);

// Has a session begin where the first sequence of the exercise does, unless the request says where.
void TakeInitialState(const v1::Exercise& exercise, v1::CreateSessionRequest& request);

// The state in a file. Fails as LoadExercise.
absl::StatusOr<v1::State> LoadState(const std::string& path);

}  // namespace cellar

#endif  // CELLAR_CLIENT_EXERCISE_FILE_H_
