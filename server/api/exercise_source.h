// The exercise that a call is about: kept by the server or sent along, and what its seeds draw.
//
// Thread safety: constant after Open; Draw may be called from any thread.
#ifndef CELLAR_SERVER_API_EXERCISE_SOURCE_H_
#define CELLAR_SERVER_API_EXERCISE_SOURCE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/exercise.pb.h"
#include "server/api/api.h"
#include "server/base/error.h"
#include "server/grading/compiled_exercise.h"

namespace cellar {

// How a request names its exercise: one of the two, under paths that begin with `prefix`.
struct ExerciseWish {
  const std::string* name = nullptr;              // "exercises/{id}"
  const v1::Exercise* inline_exercise = nullptr;  // lives as long as the source
  absl::string_view name_path = "exercise";       // where the name stands
  absl::string_view prefix = "";                  // "" or "open."
};

// The wish of a message with the oneof `source` { exercise, inline_exercise }.
template <class Message>
ExerciseWish WishOf(const Message& message, absl::string_view prefix) {
  ExerciseWish wish;
  wish.prefix = prefix;
  if (message.source_case() == Message::kExercise) wish.name = &message.exercise();
  if (message.source_case() == Message::kInlineExercise) {
    wish.inline_exercise = &message.inline_exercise();
  }
  return wish;
}

class ExerciseSource {
 public:
  // Finds or compiles what is wished. `violations` are those found before in the same request.
  // Errors: BAD_REQUEST with all violations, EXERCISE_NOT_FOUND, PERMISSION_DENIED for an exercise
  // of the caller's own without the grader role, and those of BuildExercise and CompileExercise.
  static absl::StatusOr<ExerciseSource> Open(Api& api, const Call& call, const ExerciseWish& wish,
                                             FieldViolations violations);

  // The exercise as it was written.
  const CompiledExercise& written() const { return *written_; }

  // The exercise with the numbers of this seed. Errors: CANCELLED.
  absl::StatusOr<std::shared_ptr<const CompiledExercise>> Draw(const std::string& seed) const;

 private:
  const ApiLimits* limits_ = nullptr;
  std::function<bool()> cancelled_;
  std::shared_ptr<const CompiledExercise> written_;
  v1::Exercise message_;  // only if there are variations to draw into it
};

// Works out a message that was checked when it was kept, with the numbers of a seed drawn. Errors:
// CANCELLED.
absl::StatusOr<std::shared_ptr<const CompiledExercise>> CompileDrawn(
    const v1::Exercise& drawn, const ApiLimits& limits, const std::function<bool()>& cancelled);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_EXERCISE_SOURCE_H_
