#include "server/api/exercise_check_handlers.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "absl/strings/str_cat.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_diagnosis.h"
#include "server/api/exercise_source.h"
#include "server/api/key_access.h"
#include "server/base/status_macros.h"
#include "server/grading/exercise_proposal.h"
#include "server/identity/identity_errors.h"
#include "server/identity/method_roles.h"

namespace cellar {
namespace {

ExerciseWish WishOf(const v1::CheckExerciseRequest& request) {
  ExerciseWish wish;
  wish.name_path = "name";
  if (request.source_case() == v1::CheckExerciseRequest::kName) wish.name = &request.name();
  if (request.source_case() == v1::CheckExerciseRequest::kInlineExercise) {
    wish.inline_exercise = &request.inline_exercise();
  }
  return wish;
}

// What a larger exercise may have, told in steps of this one.
absl::Status TooLargeToCheck(const Exercise& exercise) {
  int64_t steps = 0;
  for (const ExerciseSequence& sequence : exercise.sequences) steps += sequence.step_count;
  const int64_t by_work = kMaxMistakeWork / (MistakeWork(exercise) / steps + 1);
  const int64_t by_values = steps * kMaxDiagnosedValues / exercise.value_count();
  return StepCountLimit(steps, std::min(by_work, by_values));
}

// The message of the exercise that is checked. Errors: as of ExerciseRegistry::Get.
absl::StatusOr<v1::Exercise> MessageOf(Api& api, const Call& call,
                                       const v1::CheckExerciseRequest& request) {
  if (request.source_case() == v1::CheckExerciseRequest::kInlineExercise) {
    return request.inline_exercise();
  }
  CELLAR_ASSIGN_OR_RETURN(const auto kept, api.exercises.Get(call.Own(request.name())));
  v1::Exercise message;
  if (!message.ParseFromString(kept->source)) {
    return absl::InternalError(absl::StrCat(request.name(), " cannot be read any more"));
  }
  return message;
}

}  // namespace

absl::Status CheckExercise(Api& api, const Call& call, const v1::CheckExerciseRequest& request,
                           v1::CheckExerciseResponse* response) {
  if (!MaySeeKey(call)) {
    constexpr char kMethod[] = "cellar.v1.GradingService.CheckExercise";
    return RoleMissing(kMethod, call.caller->roles, RolesFor(kMethod));
  }
  CELLAR_ASSIGN_OR_RETURN(const ExerciseSource source,
                          ExerciseSource::Open(api, call, WishOf(request), {}));
  const CompiledExercise& compiled = source.written();
  const std::optional<MistakeOutcomes>& outcomes =
      compiled.diagnoser.For(compiled.exercise).outcomes();
  if (!outcomes.has_value()) return TooLargeToCheck(compiled.exercise);
  WriteVisibility(compiled.exercise, *outcomes, response);
  if (request.answers()) WriteMistakenAnswers(*outcomes, response);
  if (request.propose()) {
    const auto proposed = ProposeExercise(compiled.exercise, *outcomes);
    CELLAR_ASSIGN_OR_RETURN(const v1::Exercise message, MessageOf(api, call, request));
    if (proposed.has_value()) WriteProposal(*proposed, message, response->mutable_proposal());
  }
  return CheckAnswerSize(static_cast<int64_t>(response->ByteSizeLong()),
                         api.limits.max_message_bytes);
}

}  // namespace cellar
