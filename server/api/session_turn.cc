#include "server/api/session_turn.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/api/api_errors.h"
#include "server/api/resource_names.h"
#include "server/base/status_macros.h"
#include "server/engine/engine_errors.h"

namespace cellar {
namespace {

struct PendingTurn {
  Call call;
  std::optional<SessionHold> hold;
  bool is_jump;
  absl::AnyInvocable<absl::Status(SessionLease&)> work;
  Done done;

  absl::Status Run(Api& api) {
    if (call.cancelled()) return CallCancelled();
    CELLAR_RETURN_IF_ERROR(CheckKeepable(api, *hold->session(), is_jump));
    return WithServerFacts(WithLease(*hold, work), api.sessions.epoch());
  }

  // It has no turn, and nothing has changed that would have to be kept.
  void Refuse(absl::Status status) {
    work = nullptr;
    hold.reset();
    done(std::move(status));
  }

  void Finish(Api& api, absl::Status status) {
    work = nullptr;  // whatever it refers to is not needed any more
    const std::shared_ptr<Session> session = hold->session();
    hold.reset();
    Settle(api, session, std::move(status), std::move(done));
  }
};

}  // namespace

absl::StatusOr<SessionHold> HoldNamed(Api& api, const Call& call, absl::string_view name,
                                      absl::string_view path, FieldViolations& violations) {
  absl::StatusOr<SessionHold> hold = call.may_take_long ? api.sessions.Hold(call.Own(name))
                                                        : api.sessions.HoldAwake(call.Own(name));
  // What is there has a name without fault.
  if (!hold.ok() && !CheckName(name, kSessionCollection, path, violations)) {
    return absl::InvalidArgumentError("malformed name");
  }
  return hold;
}

absl::Status FirstFailure(FieldViolations violations, const absl::Status& status) {
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  return status;
}

absl::Status CheckWanted(Api& api, const Call& call) {
  if (call.cancelled()) return CallCancelled();
  const bool too_late = call.deadline != absl::InfiniteFuture() && api.clock.Now() >= call.deadline;
  return too_late ? DeadlinePassed() : absl::OkStatus();
}

absl::Status CheckKeepable(const Api& api, const Session& session, bool is_jump) {
  if (api.keeper == nullptr) return absl::OkStatus();
  const bool must_be_kept = WaitsForStore(api, session) || WaitsInTurn(api, session) ||
                            (is_jump && session.terms().durability == Durability::kPeriodic);
  return must_be_kept ? api.keeper->CheckWorking() : absl::OkStatus();
}

void Settle(Api& api, const std::shared_ptr<Session>& session, absl::Status outcome, Done done) {
  if (api.keeper == nullptr) return done(std::move(outcome));
  api.keeper->Settle(session, std::move(outcome), std::move(done));
}

void TakeTurn(Api& api, const Call& call, SessionTurn turn, Done done) {
  const std::string key(turn.hold.session()->turn_key());
  auto pending = std::make_unique<PendingTurn>(
      PendingTurn{call, std::move(turn.hold), turn.is_jump, std::move(turn.work), std::move(done)});
  PendingTurn& refusable = *pending;  // a task that is refused is still here, and what it holds
  Task task;
  task.cost = turn.multiply_adds;
  task.step_count = turn.step_count;
  task.tenant = call.tenant();
  task.deadline = call.deadline;
  task.run = [&api, pending = std::move(pending)](absl::Status status) {
    if (status.ok()) status = pending->Run(api);
    pending->Finish(api, std::move(status));
  };
  absl::Status refused = api.scheduler.Schedule(key, std::move(task));
  if (!refused.ok()) refusable.Refuse(std::move(refused));
}

}  // namespace cellar
