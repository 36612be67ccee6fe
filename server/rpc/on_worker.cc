#include "server/rpc/on_worker.h"

#include <memory>
#include <utility>

namespace cellar {

void RunOnWorker(Scheduler& scheduler, const std::string& tenant, absl::Time deadline,
                 absl::AnyInvocable<void(absl::Status)> work) {
  // Shared, because a refused task is gone with what it holds.
  auto shared = std::make_shared<absl::AnyInvocable<void(absl::Status)>>(std::move(work));
  Task task;
  task.cost = Task::kDear;
  task.tenant = tenant;
  task.deadline = deadline;
  task.run = [shared](absl::Status status) { (*shared)(std::move(status)); };
  absl::Status taken = scheduler.ScheduleAlone(std::move(task));
  if (!taken.ok()) (*shared)(std::move(taken));
}

}  // namespace cellar
