#include "server/api/go_on_elsewhere.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/api/session_turn.h"

namespace cellar {
namespace {

// A call on its way to its session.
struct Waiter {
  Call call;
  SessionTable::Waking waking;
  absl::AnyInvocable<void(absl::Status, const Call&)> go_on;
};

}  // namespace

void GoOnElsewhere(Api& api, const Call& call, absl::string_view session,
                   absl::AnyInvocable<void(absl::Status, const Call&)> go_on) {
  const OwnedName owned = call.Own(session);
  auto waiter =
      std::make_unique<Waiter>(Waiter{call, api.sessions.BeginWaking(owned), std::move(go_on)});
  waiter->call.may_take_long = true;
  Waiter& refusable = *waiter;  // a task that is refused is still here, and what it holds
  Task task;
  task.cost = Task::kDear;
  task.tenant = call.tenant();
  task.deadline = call.deadline;
  task.run = [&api, waiter = std::move(waiter)](absl::Status may_run) {
    if (may_run.ok()) may_run = CheckWanted(api, waiter->call);
    waiter->go_on(std::move(may_run), waiter->call);
  };
  // Turns of the name, not of the session: that has a number of its own only once it is awake.
  absl::Status refused =
      api.scheduler.Schedule(absl::StrCat("wakings of ", FullName(owned)), std::move(task));
  if (!refused.ok()) refusable.go_on(std::move(refused), refusable.call);
}

}  // namespace cellar
