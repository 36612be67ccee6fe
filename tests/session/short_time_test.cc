#include "server/session/short_time.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(ShortTime, KeepsEveryNanosecond) {
  for (const int64_t nanos :
       {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{1'700'000'000'123'456'789}}) {
    const absl::Time time = absl::FromUnixNanos(nanos);
    EXPECT_EQ(absl::Time(ShortTime(time)), time);
  }
}

TEST(ShortTime, IsInfiniteBeyondWhatItCanHold) {
  for (const absl::Time late : {absl::InfiniteFuture(), absl::FromUnixSeconds(int64_t{1} << 40)}) {
    EXPECT_EQ(absl::Time(ShortTime(late)), absl::InfiniteFuture());
  }
  for (const absl::Time early :
       {absl::InfinitePast(), absl::FromUnixSeconds(-(int64_t{1} << 40))}) {
    EXPECT_EQ(absl::Time(ShortTime(early)), absl::InfinitePast());
  }
}

TEST(ShortTime, ComparesAsTimesDo) {
  const ShortTime earlier(absl::FromUnixNanos(1));
  const ShortTime later(absl::FromUnixNanos(2));
  EXPECT_LT(earlier, later);
  EXPECT_EQ(earlier, ShortTime(absl::FromUnixNanos(1)));
  EXPECT_EQ(absl::Time(ShortTime()), absl::UnixEpoch());
  EXPECT_EQ(sizeof(ShortTime), 8u);
}

}  // namespace
}  // namespace cellar
