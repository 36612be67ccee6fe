#include "server/api/step_turn.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/api/api_errors.h"
#include "server/api/session_turn.h"
#include "server/base/status_macros.h"
#include "server/engine/joint_steps.h"
#include "server/engine/session_steps.h"

namespace cellar {
namespace {

// `api` and what the call's handler refers to outlive it.
class PendingSteps final : public JointSteps {
 public:
  PendingSteps(Api& api, Call call, StepTurn turn, Done done)
      : api_(api),
        call_(std::move(call)),
        hold_(std::move(turn.step.hold)),
        plan_(std::move(turn.step.plan)),
        response_(turn.response),
        may_step_(std::move(turn.may_step)),
        done_(std::move(done)),
        kind_{&*config().model, config().numerics} {}

  BatchKind kind() const override { return kind_; }

  absl::Status Wanted() override { return CheckWanted(api_, call_); }

  AnyStepRun* Next(const absl::Status& so_far) override {
    const absl::StatusOr<AnyStepRun*> run =
        so_far.ok() ? GoOn() : absl::StatusOr<AnyStepRun*>(so_far);
    if (run.ok() && *run != nullptr) return *run;
    Finish(WithServerFacts(run.status(), api_.sessions.epoch()));
    return nullptr;
  }

 private:
  const SessionConfig& config() const { return hold_->session()->config(); }

  // The next run; null: everything is made and the answer is written.
  absl::StatusOr<AnyStepRun*> GoOn() {
    if (!steps_.has_value()) CELLAR_RETURN_IF_ERROR(Begin());
    CELLAR_ASSIGN_OR_RETURN(AnyStepRun* const run, steps_->Next());
    if (run == nullptr) {
      WriteAnswer(api_, *lease_, plan_, steps_->TakeOutcome(), response_);
    }
    return run;
  }

  absl::Status Begin() {
    CELLAR_RETURN_IF_ERROR(CheckKeepable(api_, config().durability));
    CELLAR_ASSIGN_OR_RETURN(SessionLease lease, hold_->Lease());
    lease_.emplace(std::move(lease));
    if (may_step_) CELLAR_RETURN_IF_ERROR(may_step_());
    steps_.emplace(*lease_, plan_.step_index, plan_.inputs, plan_.options);
    return absl::OkStatus();
  }

  void Finish(absl::Status outcome) {
    steps_.reset();
    lease_.reset();
    may_step_ = nullptr;  // whatever it refers to is not needed any more
    const std::shared_ptr<Session> session = hold_->session();
    hold_.reset();
    Settle(api_, session, std::move(outcome), std::move(done_));
  }

  Api& api_;
  const Call call_;
  std::optional<SessionHold> hold_;  // until the turn is over
  const StepPlan plan_;
  v1::StepResponse* const response_;
  absl::AnyInvocable<absl::Status()> may_step_;
  Done done_;
  const BatchKind kind_;
  std::optional<SessionLease> lease_;  // in the turn
  std::optional<SessionSteps> steps_;  // of lease_
};

}  // namespace

void TakeStepTurn(Api& api, const Call& call, StepTurn turn, Done done) {
  // Shared, because a task that is refused is gone, and `done` must be called all the same.
  const auto shared = std::make_shared<Done>(std::move(done));
  const absl::Status taken = TryTakeStepTurn(
      api, call, std::move(turn), [shared](absl::Status status) { (*shared)(std::move(status)); });
  if (!taken.ok()) (*shared)(taken);
}

absl::Status TryTakeStepTurn(Api& api, const Call& call, StepTurn turn, Done done) {
  const std::string key = turn.step.hold.session()->full_name();
  Task task;
  task.cost = turn.step.plan.multiply_adds;
  task.step_count = turn.step.plan.step_count;
  task.tenant = call.tenant();
  task.steps = std::make_unique<PendingSteps>(api, call, std::move(turn), std::move(done));
  return api.scheduler.Schedule(key, std::move(task));
}

}  // namespace cellar
