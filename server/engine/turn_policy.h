// Which tasks run, wait or are refused: the scheduler's policy without its threads.
//
// Thread safety: a pure function of its arguments.
#ifndef CELLAR_SERVER_ENGINE_TURN_POLICY_H_
#define CELLAR_SERVER_ENGINE_TURN_POLICY_H_

#include <cstdint>

#include "server/engine/scheduler.h"

namespace cellar {

enum class Turn {
  kInline,            // runs now, on the thread that schedules it
  kStart,             // runs now, on a worker that has nothing to do
  kWait,              // its session is busy, or all workers are
  kRefusedBySession,  // would have to wait, and beside what waits of its session it is too much
  kRefusedByTenant,   // the same of its tenant
  kRefusedByServer,   // the same of all
};

// What is asked for; see Task.
struct TurnRequest {
  int64_t cost = 0;
  int64_t step_count = 1;
};

// What there is at the moment of asking.
struct TurnSituation {
  bool session_idle = true;  // nothing of the session runs or waits; true for tasks of no session
  bool alone = false;  // nothing else waits or runs, or has come since the session's last task
  bool inside_task = false;   // the asking thread is running a task itself
  int64_t free_workers = 0;   // workers with nothing to do that no task has been promised
  int64_t session_steps = 0;  // steps of the session that wait
  int64_t tenant_steps = 0;   // steps of all sessions of the tenant that wait
  int64_t server_steps = 0;   // steps of all sessions that wait
};

Turn DecideTurn(const TurnRequest& request, const TurnSituation& situation,
                const Scheduler::Options& options);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_TURN_POLICY_H_
