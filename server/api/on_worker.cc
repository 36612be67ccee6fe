#include "server/api/on_worker.h"

#include <utility>

namespace cellar {

void RunOnWorker(Scheduler& scheduler, const std::string& tenant, absl::Time deadline,
                 absl::AnyInvocable<void(absl::Status)> work, int64_t step_count) {
  Task task;
  task.cost = Task::kDear;
  task.step_count = step_count;
  task.tenant = tenant;
  task.deadline = deadline;
  task.run = std::move(work);
  absl::Status refused = scheduler.ScheduleAlone(std::move(task));
  // NOLINTNEXTLINE(bugprone-use-after-move): what is refused has not been moved
  if (!refused.ok()) task.run(std::move(refused));
}

}  // namespace cellar
