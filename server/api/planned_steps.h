// Steps that were asked for and checked, in their session's turn: from the lease to the answer.
//
// Thread safety: belongs to one thread at a time.
#ifndef CELLAR_SERVER_API_PLANNED_STEPS_H_
#define CELLAR_SERVER_API_PLANNED_STEPS_H_

#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"
#include "server/api/step_plan.h"
#include "server/engine/joint_steps.h"
#include "server/engine/session_steps.h"
#include "server/session/session_lease.h"

namespace cellar {

class PlannedSteps {
 public:
  // `api` outlives the steps, *response lives until they are over.
  PlannedSteps(Api& api, PreparedStep step, v1::StepResponse* response)
      : api_(api),
        hold_(std::move(step.hold)),
        plan_(std::move(step.plan)),
        response_(response),
        kind_{&*session().terms().model, session().terms().numerics} {}
  PlannedSteps(const PlannedSteps&) = delete;
  PlannedSteps& operator=(const PlannedSteps&) = delete;

  const Session& session() const { return *hold_->session(); }  // REQUIRES: not over
  const StepPlan& plan() const { return plan_; }
  BatchKind kind() const { return kind_; }

  // Takes the lease. Once, when the turn has come. Errors: those of SessionHold::Lease.
  absl::Status Begin();

  // The run to be stepped next; null once everything is made, committed and written into the
  // answer. Errors: as SessionSteps::Next.
  absl::StatusOr<AnyStepRun*> Next();

  // Gives back lease and hold: they are over, made or not. Returns whose they were.
  std::shared_ptr<Session> LetGo();

  // The steps as they were prepared. REQUIRES: not begun; they are over then.
  PreparedStep TakeBack() { return {*std::exchange(hold_, std::nullopt), std::move(plan_)}; }

 private:
  Api& api_;
  std::optional<SessionHold> hold_;  // until they are over
  StepPlan plan_;
  v1::StepResponse* const response_;
  const BatchKind kind_;
  std::optional<SessionLease> lease_;  // in the turn
  std::optional<SessionSteps> steps_;  // of lease_
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_PLANNED_STEPS_H_
