// Dear work of a call that waits for no session's turn.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_ON_WORKER_H_
#define CELLAR_SERVER_API_ON_WORKER_H_

#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/engine/scheduler.h"

namespace cellar {

// Calls `work` exactly once, in its turn among what `tenant` has waiting: on a worker with OK to do
// it, or with why it cannot be done (STEP_QUEUE_LIMIT, then before this returns; DEADLINE_PASSED).
// While it waits it counts as so many steps against the queue limits.
void RunOnWorker(Scheduler& scheduler, const std::string& tenant, absl::Time deadline,
                 absl::AnyInvocable<void(absl::Status)> work, int64_t step_count = 1);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_ON_WORKER_H_
