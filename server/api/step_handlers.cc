#include "server/api/step_handlers.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "server/api/answer_room.h"
#include "server/api/convert_enums.h"
#include "server/api/go_on_elsewhere.h"
#include "server/api/session_turn.h"
#include "server/api/step_plan.h"
#include "server/api/step_turn.h"
#include "server/session/session_errors.h"

namespace cellar {
namespace {

StepWish WishOf(const v1::StepRequest& request, FieldViolations& violations) {
  const TraceOptions options = ReadTraceOptions(request.view(), request.density(), "", violations);
  CheckEnum(request.encoding(), "encoding", violations);
  return {request.inputs(),
          request.has_step_index() ? std::optional(request.step_index()) : std::nullopt,
          options,
          request.encoding(),
          {}};
}

}  // namespace

void Step(Api& api, const Call& call, const v1::StepRequest& request, v1::StepResponse* response,
          Done done) {
  FieldViolations violations;
  const StepWish wish = WishOf(request, violations);
  absl::StatusOr<PreparedStep> step =
      PrepareSteps(api, call, request.session(), wish, std::move(violations));
  if (IsSessionAsleep(step.status())) {
    return BeginElsewhere(&Step, api, call, request.session(), request, response, std::move(done));
  }
  if (!step.ok()) return done(step.status());
  const StepPlan& plan = step->plan;
  absl::Status full = TakeRoom(api, call, plan.answer_bytes, done);
  if (!full.ok()) return done(std::move(full));
  const bool done_now = TryTurnNow(
      api, call, step->hold, plan.multiply_adds,
      [&](SessionLease& lease) { return RunPlan(api, call, lease, plan, response); },
      [&](absl::Status status) { done(std::move(status)); });
  if (done_now) return;
  TakeStepTurn(api, call, {*std::move(step), response}, std::move(done));
}

}  // namespace cellar
