#include "server/api/exercise_handlers.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_exercise.h"
#include "server/api/convert_model.h"
#include "server/api/convert_variation.h"
#include "server/api/convert_verdict.h"
#include "server/api/exercise_source.h"
#include "server/api/kept_resources.h"
#include "server/api/key_access.h"
#include "server/api/pages.h"
#include "server/api/resource_names.h"
#include "server/base/status_macros.h"
#include "server/grading/compiled_exercise.h"

namespace cellar {
namespace {

// Tag and length of the exercise in a response, and what may be longer of one that was there
// before: its create_time.
constexpr int64_t kFraming = 64;

void ClearOutputOnly(v1::Exercise* message) {
  message->clear_name();
  message->clear_digest();
  message->clear_create_time();
}

void WriteOutputOnly(const KeptExercise& kept, absl::string_view digest, v1::Exercise* message) {
  message->set_name(kept.name);
  message->set_digest(std::string(digest));
  const int64_t seconds = absl::ToUnixSeconds(kept.create_time);
  message->mutable_create_time()->set_seconds(seconds);
  message->mutable_create_time()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(kept.create_time - absl::FromUnixSeconds(seconds))));
}

// An entry of a list.
v1::Exercise WriteSummary(const KeptExercise& kept) {
  v1::Exercise message;
  message.set_title(kept.title);
  message.set_description(kept.description);
  WriteOutputOnly(kept, kept.compiled->digest, &message);
  return message;
}

absl::StatusOr<v1::Exercise> ReadSource(const KeptExercise& kept) {
  v1::Exercise message;
  if (!message.ParseFromString(kept.source)) {
    return absl::InternalError(absl::StrCat(kept.name, " cannot be read any more"));
  }
  return message;
}

// As kept, without weights and inputs.
absl::StatusOr<v1::Exercise> WriteWithoutNumbers(const KeptExercise& kept) {
  CELLAR_ASSIGN_OR_RETURN(v1::Exercise message, ReadSource(kept));
  *message.mutable_model() =
      WriteModel(*kept.compiled->exercise.model, ModelDetail::kShapes, v1::ENCODING_VALUES);
  message.mutable_model()->clear_name();  // no model of ModelService has it
  for (v1::Sequence& sequence : *message.mutable_sequences()) {
    sequence.clear_inputs();
    sequence.clear_initial_state();
  }
  WriteOutputOnly(kept, kept.compiled->digest, &message);
  return message;
}

absl::Status GetExerciseOrFail(Api& api, const Call& call, const v1::GetExerciseRequest& request,
                               v1::Exercise* message) {
  FieldViolations violations;
  CheckName(request.name(), kExerciseCollection, "name", violations);
  CheckShortText(request.seed(), "seed", violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  CELLAR_ASSIGN_OR_RETURN(const std::shared_ptr<const KeptExercise> kept,
                          api.exercises.Get(call.Own(request.name())));
  CELLAR_ASSIGN_OR_RETURN(*message, ReadSource(*kept));
  const Exercise& exercise = kept->compiled->exercise;
  std::string digest = kept->compiled->digest;
  if (!request.seed().empty() && !exercise.variations.empty()) {
    DrawVariations(exercise, request.seed(), message);
    CELLAR_ASSIGN_OR_RETURN(const auto drawn, CompileDrawn(*message, api.limits, call.cancelled));
    digest = drawn->digest;
  }
  if (!MaySeeKey(call)) message->clear_variations();
  WriteOutputOnly(*kept, digest, message);
  return CheckAnswerSize(static_cast<int64_t>(message->ByteSizeLong()),
                         api.limits.max_message_bytes);
}

}  // namespace

absl::StatusOr<std::shared_ptr<KeptExercise>> MakeExercise(
    const v1::Exercise& message, const std::string& id, absl::Time create_time,
    const ApiLimits& limits, FieldViolations violations, const std::function<bool()>& cancelled) {
  CELLAR_ASSIGN_OR_RETURN(
      Exercise exercise,
      BuildExercise(message, limits, {"exercise", create_time, std::move(violations)}));
  auto made = std::make_shared<KeptExercise>();
  CELLAR_ASSIGN_OR_RETURN(made->compiled, CompileExercise(std::move(exercise), cancelled));
  v1::Exercise source = message;
  ClearOutputOnly(&source);
  made->source = source.SerializeAsString();
  made->title = source.title();
  made->description = source.description();
  made->create_time = create_time;
  made->name =
      absl::StrCat(kExerciseCollection,
                   id.empty() ? absl::StrCat("e-", made->compiled->digest.substr(0, 20)) : id);
  return made;
}

absl::Status CreateExercise(Api& api, const Call& call, const v1::CreateExerciseRequest& request,
                            v1::CreateExerciseResponse* response) {
  FieldViolations violations;
  CheckChosenId(request.exercise_id(), "exercise_id", violations);
  if (!request.has_exercise()) {
    violations.push_back({"exercise", "is missing; must be an exercise with its model"});
    return BadRequest(std::move(violations));
  }
  CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<const KeptExercise> made,
                          MakeExercise(request.exercise(), request.exercise_id(), api.clock.Now(),
                                       api.limits, std::move(violations), call.cancelled));
  CELLAR_ASSIGN_OR_RETURN(v1::Exercise answer, WriteWithoutNumbers(*made));
  CELLAR_RETURN_IF_ERROR(CheckAnswerSize(static_cast<int64_t>(answer.ByteSizeLong()) + kFraming,
                                         api.limits.max_message_bytes));
  CELLAR_ASSIGN_OR_RETURN(const std::shared_ptr<const KeptExercise> kept,
                          KeepExercise(api, call.tenant(), std::move(made)));
  WriteOutputOnly(*kept, kept->compiled->digest, &answer);  // it may have been there before
  *response->mutable_exercise() = std::move(answer);
  return absl::OkStatus();
}

absl::Status GetExercise(Api& api, const Call& call, const v1::GetExerciseRequest& request,
                         v1::GetExerciseResponse* response) {
  return WithServerFacts(GetExerciseOrFail(api, call, request, response->mutable_exercise()),
                         api.sessions.epoch());
}

absl::Status ListExercises(Api& api, const Call& call, const v1::ListExercisesRequest& request,
                           v1::ListExercisesResponse* response) {
  FieldViolations violations;
  const Page page =
      ReadPage(request.page_size(), request.page_token(), kExerciseCollection, violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  const auto exercises = api.exercises.List(call.Own(page.after), page.list_count());
  response->set_next_page_token(FillPage(exercises, page, api.limits.max_message_bytes,
                                         *response->mutable_exercises(), WriteSummary));
  return CheckAnswerSize(static_cast<int64_t>(response->ByteSizeLong()),
                         api.limits.max_message_bytes);
}

absl::Status DeleteExercise(Api& api, const Call& call, const v1::DeleteExerciseRequest& request,
                            v1::DeleteExerciseResponse*) {
  FieldViolations violations;
  CheckName(request.name(), kExerciseCollection, "name", violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  return WithServerFacts(ForgetExercise(api, call.Own(request.name())), api.sessions.epoch());
}

}  // namespace cellar
