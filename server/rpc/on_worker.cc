#include "server/rpc/on_worker.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace cellar {
namespace {

// More than any limit for running inline: gRPC's threads are few and must not compute.
constexpr int64_t kDear = std::numeric_limits<int64_t>::max();

}  // namespace

void RunOnWorker(Scheduler& scheduler, absl::Time deadline,
                 absl::AnyInvocable<void(absl::Status)> work) {
  // Shared, because a refused task is gone with what it holds.
  auto shared = std::make_shared<absl::AnyInvocable<void(absl::Status)>>(std::move(work));
  Task task;
  task.cost = kDear;
  task.deadline = deadline;
  task.run = [shared](absl::Status status) { (*shared)(std::move(status)); };
  absl::Status taken = scheduler.ScheduleAlone(std::move(task));
  if (!taken.ok()) (*shared)(std::move(taken));
}

}  // namespace cellar
