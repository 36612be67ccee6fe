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
  absl::AnyInvocable<absl::Status(SessionLease&)> work;
  Done done;

  absl::Status Run() {
    if (call.cancelled()) return CallCancelled();
    return WithLease(*hold, work);
  }

  void Finish(absl::Status status) {
    work = nullptr;  // whatever it refers to is not needed any more
    hold.reset();
    done(std::move(status));
  }
};

}  // namespace

absl::StatusOr<SessionHold> HoldNamed(Api& api, const Call& call, absl::string_view name,
                                      absl::string_view path, FieldViolations& violations) {
  if (CheckName(name, kSessionCollection, path, violations))
    return api.sessions.Hold(call.Own(name));
  return absl::InvalidArgumentError("malformed name");
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

void TakeTurn(Api& api, const Call& call, SessionTurn turn, Done done) {
  // Shared, because a task that is refused is gone, and `done` must be called all the same.
  const auto shared = std::make_shared<Done>(std::move(done));
  const absl::Status taken = TryTakeTurn(
      api, call, std::move(turn), [shared](absl::Status status) { (*shared)(std::move(status)); });
  if (!taken.ok()) (*shared)(taken);
}

absl::Status TryTakeTurn(Api& api, const Call& call, SessionTurn turn, Done done) {
  const std::string key = turn.hold.session()->full_name();
  Task task;
  task.cost = turn.multiply_adds;
  task.step_count = turn.step_count;
  task.tenant = call.tenant();
  task.deadline = call.deadline;
  task.run = [pending = PendingTurn{call, std::move(turn.hold), std::move(turn.work),
                                    std::move(done)}](absl::Status status) mutable {
    if (status.ok()) status = pending.Run();
    pending.Finish(std::move(status));
  };
  return api.scheduler.Schedule(key, std::move(task));
}

}  // namespace cellar
