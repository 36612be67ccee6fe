#include "server/api/exercise_source.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/api_errors.h"
#include "server/api/convert_exercise.h"
#include "server/api/convert_variation.h"
#include "server/api/key_access.h"
#include "server/api/resource_names.h"
#include "server/base/status_macros.h"
#include "server/identity/identity_errors.h"
#include "server/identity/method_roles.h"

namespace cellar {

absl::StatusOr<ExerciseSource> ExerciseSource::Open(Api& api, const Call& call,
                                                    const ExerciseWish& wish,
                                                    FieldViolations violations) {
  ExerciseSource source;
  source.limits_ = &api.limits;
  source.cancelled_ = call.cancelled;
  if (wish.inline_exercise != nullptr) {
    if (!MaySeeKey(call)) {
      return RoleMissing("inline_exercise", call.caller->roles,
                         RolesFor("cellar.v1.GradingService.CheckExercise"));
    }
    BuildExerciseOptions options;
    options.path = absl::StrCat(wish.prefix, "inline_exercise");
    options.now = api.clock.Now();
    options.violations = std::move(violations);
    CELLAR_ASSIGN_OR_RETURN(Exercise exercise,
                            BuildExercise(*wish.inline_exercise, api.limits, std::move(options)));
    CELLAR_ASSIGN_OR_RETURN(source.written_, CompileExercise(std::move(exercise), call.cancelled));
    if (!source.written_->exercise.variations.empty()) source.message_ = *wish.inline_exercise;
    return source;
  }
  if (wish.name == nullptr) {
    violations.push_back(
        {absl::StrCat(wish.prefix, "source"),
         absl::StrCat("is required; give `", wish.name_path, "` or `inline_exercise`")});
  } else {
    CheckName(*wish.name, kExerciseCollection, absl::StrCat(wish.prefix, wish.name_path),
              violations);
  }
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  const auto kept = api.exercises.Get(call.Own(*wish.name));
  if (!kept.ok()) return WithServerFacts(kept.status(), api.sessions.epoch());
  source.written_ = (*kept)->compiled;
  if (!source.written_->exercise.variations.empty() &&
      !source.message_.ParseFromString((*kept)->source)) {
    return absl::InternalError(absl::StrCat(*wish.name, " cannot be read any more"));
  }
  return source;
}

absl::StatusOr<std::shared_ptr<const CompiledExercise>> ExerciseSource::Draw(
    const std::string& seed) const {
  if (seed.empty() || written_->exercise.variations.empty()) return written_;
  v1::Exercise drawn = message_;
  DrawVariations(written_->exercise, seed, &drawn);
  return CompileDrawn(drawn, *limits_, cancelled_);
}

absl::StatusOr<std::shared_ptr<const CompiledExercise>> CompileDrawn(
    const v1::Exercise& drawn, const ApiLimits& limits, const std::function<bool()>& cancelled) {
  CELLAR_ASSIGN_OR_RETURN(Exercise exercise, BuildExercise(drawn, limits, {}));
  return CompileExercise(std::move(exercise), cancelled);
}

}  // namespace cellar
