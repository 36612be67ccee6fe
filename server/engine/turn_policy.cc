#include "server/engine/turn_policy.h"

#include <algorithm>

namespace cellar {
namespace {

// Whether so many steps may wait beside those that do. Alone they may, however many they are: else
// they would be refused for ever. Subtracted, not added: a sum could overflow.
bool MayWait(int64_t step_count, int64_t waiting, int64_t most) {
  return waiting == 0 || step_count <= most - waiting;
}

}  // namespace

Turn DecideTurn(const TurnRequest& request, const TurnSituation& situation,
                const Scheduler::Options& options) {
  // A task inside a task never runs inline: a chain of them would eat the stack.
  const int64_t most_inline =
      situation.alone ? std::max(options.inline_cost, options.lone_cost) : options.inline_cost;
  if (situation.session_idle && !situation.inside_task && request.cost <= most_inline) {
    return Turn::kInline;
  }
  if (situation.session_idle && situation.free_workers > 0) return Turn::kStart;

  const int64_t steps = request.step_count;
  if (!MayWait(steps, situation.session_steps, options.max_queued_steps_per_session)) {
    return Turn::kRefusedBySession;
  }
  if (options.max_queued_steps_per_tenant > 0 &&
      !MayWait(steps, situation.tenant_steps, options.max_queued_steps_per_tenant)) {
    return Turn::kRefusedByTenant;
  }
  if (!MayWait(steps, situation.server_steps, options.max_queued_steps)) {
    return Turn::kRefusedByServer;
  }
  return Turn::kWait;
}

}  // namespace cellar
