#include "server/engine/turn_policy.h"

#include <algorithm>

namespace cellar {

Turn DecideTurn(const TurnRequest& request, const TurnSituation& situation,
                const Scheduler::Options& options) {
  // A task inside a task never runs inline: a chain of them would eat the stack.
  const int64_t most_inline =
      situation.alone ? std::max(options.inline_cost, options.lone_cost) : options.inline_cost;
  if (situation.session_idle && !situation.inside_task && request.cost <= most_inline) {
    return Turn::kInline;
  }
  if (situation.session_idle && situation.free_workers > 0) return Turn::kStart;

  // Subtracted, not added: a sum could overflow.
  if (request.step_count > options.max_queued_steps_per_session - situation.session_steps) {
    return Turn::kRefusedBySession;
  }
  if (options.max_queued_steps_per_tenant > 0 &&
      request.step_count > options.max_queued_steps_per_tenant - situation.tenant_steps) {
    return Turn::kRefusedByTenant;
  }
  if (request.step_count > options.max_queued_steps - situation.server_steps) {
    return Turn::kRefusedByServer;
  }
  return Turn::kWait;
}

}  // namespace cellar
