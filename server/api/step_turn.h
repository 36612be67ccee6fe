// Prepared steps on their way to their session's turn, in which the engine may make them together
// with those of other sessions.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_STEP_TURN_H_
#define CELLAR_SERVER_API_STEP_TURN_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"
#include "server/api/step_plan.h"

namespace cellar {

struct StepTurn {
  PreparedStep step;
  v1::StepResponse* response = nullptr;  // lives until the turn is over
  // Asked when the turn has come: whether the steps may still be made. Nothing: they may.
  absl::AnyInvocable<absl::Status()> may_step = {};
  // Called with `done` and the outcome when the turn is over, and calls `done`. Nothing: `done`
  // is called with the outcome.
  absl::AnyInvocable<void(Done&, absl::Status)> finish = {};
};

// As TakeTurn (session_turn.h) with RunPlan as its work. Calls `done` exactly once.
void TakeStepTurn(Api& api, const Call& call, StepTurn turn, Done done);

// The same, but a refusal is returned, and then `done` is as it was. Errors: STEP_QUEUE_LIMIT.
absl::Status TryTakeStepTurn(Api& api, const Call& call, StepTurn turn, Done& done);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_STEP_TURN_H_
