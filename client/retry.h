// Which failed calls are worth another try, and how long to wait before it. Pure but for
// RunWithRetry, which makes the calls and waits.
//
// Thread safety: values; no shared state.
#ifndef CELLAR_CLIENT_RETRY_H_
#define CELLAR_CLIENT_RETRY_H_

#include <functional>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace cellar {

// Whether making a call twice is as good as making it once.
enum class Repeat {
  kSafe,    // reads, and writes that the server recognises: a step with its index, a reset
  kUnsafe,  // a repeated call could act twice: creating a session under a made name
};

// How often and how patiently. The wait before try n + 1 is initial_delay * multiplier^(n - 1),
// at most max_delay, then spread by +-jitter so that many clients do not come back together.
struct RetryPolicy {
  int max_attempts = 4;  // the first one included; 1 means no retries
  absl::Duration initial_delay = absl::Milliseconds(100);
  double multiplier = 2.0;
  absl::Duration max_delay = absl::Seconds(5);
  double jitter = 0.2;  // 0 to 1: share of the delay
};

// Waits for so long. Tests give one that does not.
using Sleeper = std::function<void(absl::Duration)>;

// Whether the connection failed rather than the request: the server or something on the way is
// gone. Proxies report a killed stream as UNAVAILABLE, INTERNAL or CANCELLED; none of them carries
// a Cellar reason. REQUIRES: a status made by FromCall, of a call that was not cancelled here.
bool IsBrokenTransport(const absl::Status& status);

// Whether to try again. True if the server says that nothing was applied and that it will pass
// (DRAINING, STEP_QUEUE_LIMIT), whatever the call; and if the connection broke, when the call is
// safe to repeat.
bool ShouldRetry(const absl::Status& status, Repeat repeat);

// How long to wait after `failed_attempts` >= 1 failures. `random` in [0, 1) picks the place within
// the jitter. A delay asked for by the server is a lower bound, up to max_delay.
absl::Duration RetryDelay(const RetryPolicy& policy, int failed_attempts, double random,
                          std::optional<absl::Duration> asked = std::nullopt);

// A number in [0, 1) for RetryDelay, from a generator seeded per thread.
double RandomFraction();

// Calls `attempt` until it succeeds, must not be repeated, or the policy is used up; returns its
// last status.
absl::Status RunWithRetry(const RetryPolicy& policy, Repeat repeat,
                          const std::function<absl::Status()>& attempt, const Sleeper& sleep);

}  // namespace cellar

#endif  // CELLAR_CLIENT_RETRY_H_
