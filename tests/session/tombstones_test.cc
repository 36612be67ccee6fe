#include "server/session/tombstones.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'000'000);
constexpr absl::Duration kRetention = absl::Hours(1);

Tombstone DeletedAt(absl::Time when) { return {SessionEnd::kDeleted, when}; }
Tombstone ExpiredAt(absl::Time when) { return {SessionEnd::kExpired, when}; }

TEST(Tombstones, RememberHowAndWhen) {
  Tombstones tombstones(10, kRetention);
  tombstones.Add("a", DeletedAt(kStart));
  tombstones.Add("b", ExpiredAt(kStart + absl::Seconds(1)));

  EXPECT_EQ(tombstones.Find("a", kStart), DeletedAt(kStart));
  EXPECT_EQ(tombstones.Find("b", kStart), ExpiredAt(kStart + absl::Seconds(1)));
  EXPECT_EQ(tombstones.Find("c", kStart), std::nullopt);
}

TEST(Tombstones, NewestEndOfANameCounts) {
  Tombstones tombstones(10, kRetention);
  tombstones.Add("a", DeletedAt(kStart));
  tombstones.Add("a", ExpiredAt(kStart + absl::Seconds(5)));

  EXPECT_EQ(tombstones.Find("a", kStart), ExpiredAt(kStart + absl::Seconds(5)));
  EXPECT_EQ(tombstones.count(), 1);
  EXPECT_EQ(tombstones.NextRemovalTime(), kStart + absl::Seconds(5) + kRetention);
}

TEST(Tombstones, AreUnknownFromTheEndOfTheirRetentionOn) {
  Tombstones tombstones(10, kRetention);
  tombstones.Add("a", DeletedAt(kStart));

  EXPECT_TRUE(tombstones.Find("a", kStart + kRetention - absl::Nanoseconds(1)).has_value());
  EXPECT_FALSE(tombstones.Find("a", kStart + kRetention).has_value());
}

TEST(Tombstones, OldestEndGoesFirstWhenThereAreTooMany) {
  Tombstones tombstones(2, kRetention);
  tombstones.Add("middle", DeletedAt(kStart + absl::Seconds(2)));
  tombstones.Add("newest", DeletedAt(kStart + absl::Seconds(3)));
  tombstones.Add("oldest", ExpiredAt(kStart + absl::Seconds(1)));  // found late
  EXPECT_FALSE(tombstones.Find("oldest", kStart).has_value());

  tombstones.Add("last", DeletedAt(kStart + absl::Seconds(4)));
  EXPECT_FALSE(tombstones.Find("middle", kStart).has_value());
  EXPECT_TRUE(tombstones.Find("newest", kStart).has_value());
  EXPECT_TRUE(tombstones.Find("last", kStart).has_value());
  EXPECT_EQ(tombstones.count(), 2);
}

TEST(Tombstones, KeepNoneIfNoneMayBeKept) {
  Tombstones tombstones(0, kRetention);
  tombstones.Add("a", DeletedAt(kStart));

  EXPECT_EQ(tombstones.count(), 0);
}

TEST(Tombstones, RemoveForgetsOneName) {
  Tombstones tombstones(10, kRetention);
  tombstones.Add("a", DeletedAt(kStart));
  tombstones.Add("b", DeletedAt(kStart));
  tombstones.Remove("a");
  tombstones.Remove("never there");

  EXPECT_FALSE(tombstones.Find("a", kStart).has_value());
  EXPECT_TRUE(tombstones.Find("b", kStart).has_value());
}

TEST(Tombstones, RemoveOldTakesWhatIsDueAndNoMoreThanAsked) {
  Tombstones tombstones(10, kRetention);
  for (int i = 0; i < 5; ++i) {
    tombstones.Add(std::string(1, static_cast<char>('a' + i)),
                   DeletedAt(kStart + absl::Seconds(i)));
  }
  const absl::Time now = kStart + kRetention + absl::Seconds(3);

  EXPECT_EQ(tombstones.RemoveOld(now, 3).size(), 3u);
  EXPECT_EQ(tombstones.RemoveOld(now, 3).size(), 1u);
  EXPECT_TRUE(tombstones.RemoveOld(now, 3).empty());
  EXPECT_EQ(tombstones.count(), 1);
  EXPECT_EQ(tombstones.NextRemovalTime(), kStart + kRetention + absl::Seconds(4));
}

TEST(Tombstones, NothingIsDueWhenThereAreNone) {
  Tombstones tombstones(10, kRetention);

  EXPECT_EQ(tombstones.NextRemovalTime(), absl::InfiniteFuture());
  EXPECT_TRUE(tombstones.RemoveOld(absl::InfiniteFuture(), 3).empty());
}

TEST(Tombstones, InfiniteRetentionForgetsNothing) {
  Tombstones tombstones(10, absl::InfiniteDuration());
  tombstones.Add("a", DeletedAt(kStart));

  EXPECT_TRUE(tombstones.Find("a", kStart + absl::Hours(1'000'000)).has_value());
  EXPECT_TRUE(tombstones.RemoveOld(kStart + absl::Hours(1'000'000), 3).empty());
}

}  // namespace
}  // namespace cellar
