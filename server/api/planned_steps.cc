#include "server/api/planned_steps.h"

#include <utility>

#include "server/base/status_macros.h"

namespace cellar {

absl::Status PlannedSteps::Begin() {
  CELLAR_ASSIGN_OR_RETURN(SessionLease lease, hold_->Lease());
  lease_.emplace(std::move(lease));
  steps_.emplace(*lease_, plan_.step_index, std::move(plan_.inputs), plan_.options);
  return absl::OkStatus();
}

absl::StatusOr<AnyStepRun*> PlannedSteps::Next() {
  CELLAR_ASSIGN_OR_RETURN(AnyStepRun* const run, steps_->Next());
  if (run == nullptr) WriteAnswer(api_, *lease_, plan_, steps_->TakeOutcome(), response_);
  return run;
}

std::shared_ptr<Session> PlannedSteps::LetGo() {
  steps_.reset();
  std::optional<SessionLease> lease = std::exchange(lease_, std::nullopt);
  SessionHold hold = *std::exchange(hold_, std::nullopt);
  return lease.has_value() ? std::move(*lease).EndWith(std::move(hold)) : hold.session();
}

}  // namespace cellar
