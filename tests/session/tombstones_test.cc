#include "server/session/tombstones.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

const absl::Time kDeath = absl::FromUnixSeconds(1'000'000);
constexpr absl::Duration kGraveTime = absl::Hours(1);

Tombstone DeletedAt(absl::Time when) { return {SessionEnd::kDeleted, when}; }
Tombstone ExpiredAt(absl::Time when) { return {SessionEnd::kExpired, when}; }

TEST(Tombstones, RememberHowAndWhen) {
  Tombstones tombstones(10, kGraveTime);
  tombstones.Add("a", DeletedAt(kDeath));
  tombstones.Add("b", ExpiredAt(kDeath + absl::Seconds(1)));

  EXPECT_EQ(tombstones.Find("a", kDeath), DeletedAt(kDeath));
  EXPECT_EQ(tombstones.Find("b", kDeath), ExpiredAt(kDeath + absl::Seconds(1)));
  EXPECT_EQ(tombstones.Find("c", kDeath), std::nullopt);
}

TEST(Tombstones, NewestEndOfANameCounts) {
  Tombstones tombstones(10, kGraveTime);
  tombstones.Add("a", DeletedAt(kDeath));
  tombstones.Add("a", ExpiredAt(kDeath + absl::Seconds(5)));

  EXPECT_EQ(tombstones.Find("a", kDeath), ExpiredAt(kDeath + absl::Seconds(5)));
  EXPECT_EQ(tombstones.count(), 1);
  EXPECT_EQ(tombstones.NextRemovalTime(), kDeath + absl::Seconds(5) + kGraveTime);
}

TEST(Tombstones, AreUnknownFromTheEndOfTheirRetentionOn) {
  Tombstones tombstones(10, kGraveTime);
  tombstones.Add("a", DeletedAt(kDeath));

  EXPECT_TRUE(tombstones.Find("a", kDeath + kGraveTime - absl::Nanoseconds(1)).has_value());
  EXPECT_FALSE(tombstones.Find("a", kDeath + kGraveTime).has_value());
}

TEST(Tombstones, OldestEndGoesFirstWhenThereAreTooMany) {
  Tombstones tombstones(2, kGraveTime);
  tombstones.Add("middle", DeletedAt(kDeath + absl::Seconds(2)));
  tombstones.Add("newest", DeletedAt(kDeath + absl::Seconds(3)));
  tombstones.Add("oldest", ExpiredAt(kDeath + absl::Seconds(1)));  // found late
  EXPECT_FALSE(tombstones.Find("oldest", kDeath).has_value());

  tombstones.Add("last", DeletedAt(kDeath + absl::Seconds(4)));
  EXPECT_FALSE(tombstones.Find("middle", kDeath).has_value());
  EXPECT_TRUE(tombstones.Find("newest", kDeath).has_value());
  EXPECT_TRUE(tombstones.Find("last", kDeath).has_value());
  EXPECT_EQ(tombstones.count(), 2);
}

TEST(Tombstones, KeepNoneIfNoneMayBeKept) {
  Tombstones tombstones(0, kGraveTime);
  tombstones.Add("a", DeletedAt(kDeath));

  EXPECT_EQ(tombstones.count(), 0);
}

TEST(Tombstones, RemoveForgetsOneName) {
  Tombstones tombstones(10, kGraveTime);
  tombstones.Add("a", DeletedAt(kDeath));
  tombstones.Add("b", DeletedAt(kDeath));
  tombstones.Remove("a");
  tombstones.Remove("never there");

  EXPECT_FALSE(tombstones.Find("a", kDeath).has_value());
  EXPECT_TRUE(tombstones.Find("b", kDeath).has_value());
}

TEST(Tombstones, RemoveOldTakesWhatIsDueAndNoMoreThanAsked) {
  Tombstones tombstones(10, kGraveTime);
  for (int i = 0; i < 5; ++i) {
    tombstones.Add(std::string(1, static_cast<char>('a' + i)),
                   DeletedAt(kDeath + absl::Seconds(i)));
  }
  const absl::Time now = kDeath + kGraveTime + absl::Seconds(3);

  EXPECT_EQ(tombstones.RemoveOld(now, 3).size(), 3u);
  EXPECT_EQ(tombstones.RemoveOld(now, 3).size(), 1u);
  EXPECT_TRUE(tombstones.RemoveOld(now, 3).empty());
  EXPECT_EQ(tombstones.count(), 1);
  EXPECT_EQ(tombstones.NextRemovalTime(), kDeath + kGraveTime + absl::Seconds(4));
}

TEST(Tombstones, NothingIsDueWhenThereAreNone) {
  Tombstones tombstones(10, kGraveTime);

  EXPECT_EQ(tombstones.NextRemovalTime(), absl::InfiniteFuture());
  EXPECT_TRUE(tombstones.RemoveOld(absl::InfiniteFuture(), 3).empty());
}

TEST(Tombstones, InfiniteRetentionForgetsNothing) {
  Tombstones tombstones(10, absl::InfiniteDuration());
  tombstones.Add("a", DeletedAt(kDeath));

  EXPECT_TRUE(tombstones.Find("a", kDeath + absl::Hours(1'000'000)).has_value());
  EXPECT_TRUE(tombstones.RemoveOld(kDeath + absl::Hours(1'000'000), 3).empty());
}

}  // namespace
}  // namespace cellar
