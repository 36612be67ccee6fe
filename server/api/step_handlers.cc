#include "server/api/step_handlers.h"

#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "server/api/convert_enums.h"
#include "server/api/session_turn.h"
#include "server/api/step_plan.h"
#include "server/base/status_macros.h"

namespace cellar {
namespace {

StepWish WishOf(const v1::StepRequest& request, FieldViolations& violations) {
  return {request.inputs(),
          request.has_step_index() ? std::optional(request.step_index()) : std::nullopt,
          ReadTraceOptions(request.view(), request.density(), "", violations), request.encoding(),
          ""};
}

// Everything that can be found out before the session's turn.
struct PreparedStep {
  SessionHold hold;
  StepPlan plan;
};

absl::StatusOr<PreparedStep> PrepareStep(Api& api, const Call& call,
                                         const v1::StepRequest& request) {
  FieldViolations violations;
  absl::StatusOr<SessionHold> hold = HoldNamed(api, call, request.session(), "session", violations);
  const StepWish wish = WishOf(request, violations);
  CheckEnum(request.encoding(), "encoding", violations);
  CheckStepIndex(wish, violations);
  if (!hold.ok()) {
    CheckInputsGiven(wish, violations);
    return FirstFailure(std::move(violations), hold.status());
  }
  CELLAR_ASSIGN_OR_RETURN(
      StepPlan plan, PlanSteps(api.limits, hold->session()->config(), wish, std::move(violations)));
  if (plan.step_index.has_value()) {
    plan.multiply_adds += GoBackCost(*hold->session(), *plan.step_index);
  }
  return PreparedStep{*std::move(hold), std::move(plan)};
}

}  // namespace

void Step(Api& api, const Call& call, const v1::StepRequest& request, v1::StepResponse* response,
          Done done) {
  absl::StatusOr<PreparedStep> step = PrepareStep(api, call, request);
  if (!step.ok()) return done(step.status());
  StepPlan& plan = step->plan;
  const bool done_now = TryTurnNow(
      api, call, step->hold, plan.multiply_adds,
      [&](SessionLease& lease) { return RunPlan(lease, plan, response); },
      [&](absl::Status status) { done(std::move(status)); });
  if (done_now) return;
  SessionTurn turn{std::move(step->hold), plan.multiply_adds, plan.step_count};
  turn.work = [plan = std::move(plan), response](SessionLease& lease) {
    return RunPlan(lease, plan, response);
  };
  TakeTurn(api, call, std::move(turn), std::move(done));
}

}  // namespace cellar
