#include "client/retry.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "client/call_status.h"

namespace cellar {

bool IsBrokenTransport(const absl::Status& status) {
  const bool transport_code =
      absl::IsUnavailable(status) || absl::IsInternal(status) || absl::IsCancelled(status);
  return transport_code && IsFromCall(status) && GetCallError(status).reason.empty();
}

bool ShouldRetry(const absl::Status& status, Repeat repeat) {
  if (status.ok()) return false;
  const std::string reason = GetCallError(status).reason;
  if (reason == "DRAINING" || reason == "STEP_QUEUE_LIMIT") return true;
  return repeat == Repeat::kSafe && IsBrokenTransport(status);
}

absl::Duration RetryDelay(const RetryPolicy& policy, int failed_attempts, double random,
                          std::optional<absl::Duration> asked) {
  const double growth = std::pow(policy.multiplier, std::max(0, failed_attempts - 1));
  absl::Duration delay = std::min(policy.initial_delay * growth, policy.max_delay);
  delay *= 1.0 + policy.jitter * (2.0 * random - 1.0);
  if (asked.has_value()) delay = std::max(delay, std::min(*asked, policy.max_delay));
  return delay;
}

double RandomFraction() {
  thread_local std::mt19937_64 generator{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
}

absl::Status RunWithRetry(const RetryPolicy& policy, Repeat repeat,
                          const std::function<absl::Status()>& attempt, const Sleeper& sleep) {
  for (int failed = 1;; ++failed) {
    absl::Status status = attempt();
    if (failed >= policy.max_attempts || !ShouldRetry(status, repeat)) return status;
    sleep(RetryDelay(policy, failed, RandomFraction(), GetCallError(status).retry_delay));
  }
}

}  // namespace cellar
