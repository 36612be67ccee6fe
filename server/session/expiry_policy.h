// When a session ends for want of use.
//
// Unused time runs from the last completion of work, and never while work waits or runs (then the
// session is held). So the expire time of a session only ever moves into the future; who remembers
// an earlier one looks too early, never too late.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_SESSION_EXPIRY_POLICY_H_
#define CELLAR_SERVER_SESSION_EXPIRY_POLICY_H_

#include <cstdint>

#include "absl/time/time.h"

namespace cellar {

// What the end of a session depends on.
struct SessionUse {
  absl::Time unused_since;  // creation, or when the last hold went
  absl::Duration ttl;       // infinite: never
  int64_t hold_count = 0;
};

// When the session ends if nobody uses it; while it is held, as if everything completed now.
absl::Time ExpireTime(const SessionUse& use, absl::Time now);

// Whether its time has come: `now` has reached the expire time and nobody holds it.
bool IsExpired(const SessionUse& use, absl::Time now);

// When to look again at a session that has not expired: its expire time, but later than `now`.
absl::Time NextLookTime(const SessionUse& use, absl::Time now);

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_EXPIRY_POLICY_H_
