#include "server/session/expiry_policy.h"

#include <algorithm>

namespace cellar {

absl::Time ExpireTime(const SessionUse& use, absl::Time now) {
  return (use.hold_count > 0 ? now : use.unused_since) + use.ttl;
}

bool IsExpired(const SessionUse& use, absl::Time now) {
  return use.hold_count == 0 && now >= ExpireTime(use, now);
}

absl::Time NextLookTime(const SessionUse& use, absl::Time now) {
  // A held session without any ttl would be due again at once, and whoever ends what is due would
  // never be done.
  return std::max(ExpireTime(use, now), now + absl::Nanoseconds(1));
}

}  // namespace cellar
