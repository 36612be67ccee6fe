#include "server/api/step_turn.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/api/api_errors.h"
#include "server/api/planned_steps.h"
#include "server/api/session_turn.h"
#include "server/base/status_macros.h"
#include "server/engine/joint_steps.h"

namespace cellar {
namespace {

// `api` and what the call's handler refers to outlive it.
class PendingSteps final : public JointSteps {
 public:
  PendingSteps(Api& api, Call call, StepTurn turn, Done done)
      : api_(api),
        call_(std::move(call)),
        steps_(api, std::move(turn.step), turn.response),
        may_step_(std::move(turn.may_step)),
        finish_(std::move(turn.finish)),
        done_(std::move(done)) {}

  // They have no turn. Returns their Done.
  Done Refuse() {
    steps_.LetGo();
    may_step_ = nullptr;
    return std::move(done_);
  }

  BatchKind kind() const override { return steps_.kind(); }

  absl::Status Wanted() override { return CheckWanted(api_, call_); }

  AnyStepRun* Next(const absl::Status& so_far) override {
    const absl::StatusOr<AnyStepRun*> run =
        so_far.ok() ? GoOn() : absl::StatusOr<AnyStepRun*>(so_far);
    if (run.ok() && *run != nullptr) return *run;
    Finish(WithServerFacts(run.status(), api_.sessions.epoch()));
    return nullptr;
  }

 private:
  // The next run; null: everything is made and the answer is written.
  absl::StatusOr<AnyStepRun*> GoOn() {
    if (!std::exchange(begun_, true)) CELLAR_RETURN_IF_ERROR(Begin());
    return steps_.Next();
  }

  absl::Status Begin() {
    CELLAR_RETURN_IF_ERROR(CheckKeepable(api_, steps_.session(), /*is_jump=*/false));
    CELLAR_RETURN_IF_ERROR(steps_.Begin());
    return may_step_ ? may_step_() : absl::OkStatus();
  }

  void Finish(absl::Status outcome) {
    const std::shared_ptr<Session> session = steps_.LetGo();
    may_step_ = nullptr;  // whatever it refers to is not needed any more
    if (finish_ == nullptr) return Settle(api_, session, std::move(outcome), std::move(done_));
    Settle(api_, session, std::move(outcome),
           [finish = std::move(finish_), done = std::move(done_)](absl::Status settled) mutable {
             finish(done, std::move(settled));
           });
  }

  Api& api_;
  const Call call_;
  PlannedSteps steps_;
  bool begun_ = false;
  absl::AnyInvocable<absl::Status()> may_step_;
  absl::AnyInvocable<void(Done&, absl::Status)> finish_;
  Done done_;
};

}  // namespace

void TakeStepTurn(Api& api, const Call& call, StepTurn turn, Done done) {
  const absl::Status refused = TryTakeStepTurn(api, call, std::move(turn), done);
  if (!refused.ok()) done(refused);
}

absl::Status TryTakeStepTurn(Api& api, const Call& call, StepTurn turn, Done& done) {
  const std::string key(turn.step.hold.session()->turn_key());
  Task task;
  task.cost = turn.step.plan.multiply_adds;
  task.step_count = turn.step.plan.step_count;
  task.tenant = call.tenant();
  auto pending = std::make_unique<PendingSteps>(api, call, std::move(turn), std::move(done));
  PendingSteps& refusable = *pending;  // a task that is refused is still here, and what it holds
  task.steps = std::move(pending);
  absl::Status refused = api.scheduler.Schedule(key, std::move(task));
  if (!refused.ok()) done = refusable.Refuse();
  return refused;
}

}  // namespace cellar
