#include "server/session/expiry_policy.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
constexpr absl::Duration kTick = absl::Nanoseconds(1);

TEST(ExpiryPolicy, UnusedSessionExpiresExactlyAfterItsTtl) {
  const SessionUse use = {.unused_since = kStart, .ttl = absl::Seconds(10)};

  EXPECT_EQ(ExpireTime(use, kStart + absl::Seconds(3)), kStart + absl::Seconds(10));
  EXPECT_FALSE(IsExpired(use, kStart + absl::Seconds(10) - kTick));
  EXPECT_TRUE(IsExpired(use, kStart + absl::Seconds(10)));
}

TEST(ExpiryPolicy, HeldSessionNeverExpires) {
  const SessionUse use = {.unused_since = kStart, .ttl = absl::Seconds(10), .hold_count = 1};
  const absl::Time later = kStart + absl::Hours(1);

  EXPECT_EQ(ExpireTime(use, later), later + absl::Seconds(10));
  EXPECT_FALSE(IsExpired(use, later));
}

TEST(ExpiryPolicy, InfiniteTtlNeverExpires) {
  const SessionUse use = {.unused_since = kStart, .ttl = absl::InfiniteDuration()};

  EXPECT_EQ(ExpireTime(use, kStart), absl::InfiniteFuture());
  EXPECT_FALSE(IsExpired(use, kStart + absl::Hours(1'000'000)));
}

TEST(ExpiryPolicy, NextLookIsTheExpireTimeButAlwaysLater) {
  const SessionUse unused = {.unused_since = kStart, .ttl = absl::Seconds(10)};
  const SessionUse held_without_ttl = {
      .unused_since = kStart, .ttl = absl::ZeroDuration(), .hold_count = 1};

  EXPECT_EQ(NextLookTime(unused, kStart), kStart + absl::Seconds(10));
  EXPECT_GT(NextLookTime(held_without_ttl, kStart), kStart);
}

}  // namespace
}  // namespace cellar
