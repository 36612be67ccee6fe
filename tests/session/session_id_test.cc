#include "server/session/session_id.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace cellar {
namespace {

const absl::Time kServerStart = absl::FromUnixMillis(0x18f4a0b1c2d);
constexpr char kSecret[] = "0123456789abcdef0123456789abcdef";

TEST(SessionId, ValidIdsAreShortWordsThatStartWithALetter) {
  EXPECT_TRUE(IsValidId("a"));
  EXPECT_TRUE(IsValidId("a-1-b-"));
  EXPECT_TRUE(IsValidId(std::string(63, 'z')));

  EXPECT_FALSE(IsValidId(""));
  EXPECT_FALSE(IsValidId(std::string(64, 'z')));
  EXPECT_FALSE(IsValidId("1a"));
  EXPECT_FALSE(IsValidId("-a"));
  EXPECT_FALSE(IsValidId("aB"));
  EXPECT_FALSE(IsValidId("a_b"));
  EXPECT_FALSE(IsValidId("a/b"));
  EXPECT_FALSE(IsValidId(absl::string_view("a\0b", 3)));
  EXPECT_FALSE(IsValidId("\xc3\xa4"));
}

TEST(SessionId, MadeIdsAreValidAndTellTheEpoch) {
  const SessionIdMaker maker(kServerStart);
  const std::string id = maker.Make();

  EXPECT_TRUE(IsValidId(id)) << id;
  EXPECT_EQ(maker.epoch(), "18f4a0b1c2d");
  EXPECT_EQ(id.substr(0, 14), "s-18f4a0b1c2d-");
  EXPECT_EQ(id.size(), 14u + 32u);
}

TEST(SessionId, MadeIdsAreAllDifferent) {
  const SessionIdMaker maker(kServerStart);
  std::set<std::string> ids;
  for (int i = 0; i < 10000; ++i) ids.insert(maker.Make());

  EXPECT_EQ(ids.size(), 10000u);
}

TEST(SessionId, EveryDigitOfTheSecretVaries) {
  const SessionIdMaker maker(kServerStart);
  std::set<char> seen[32];
  for (int i = 0; i < 1000; ++i) {
    const std::string id = maker.Make();
    for (size_t k = 0; k < 32; ++k) seen[k].insert(id[14 + k]);
  }
  // 16 digits each, but for a chance of 16 * 32 * (15/16)^1000 = 5e-26.
  for (const std::set<char>& digits : seen) EXPECT_EQ(digits.size(), 16u);
}

TEST(SessionId, RecognisesIdsOfEarlierRunsOnly) {
  const SessionIdMaker earlier(kServerStart - absl::Milliseconds(1));
  const SessionIdMaker now(kServerStart);

  EXPECT_EQ(now.EarlierEpochOf(earlier.Make()), earlier.epoch());
  EXPECT_EQ(now.EarlierEpochOf(now.Make()), std::nullopt);
  EXPECT_EQ(earlier.EarlierEpochOf(now.Make()), std::nullopt);
}

TEST(SessionId, ChosenIdsHaveNoEpoch) {
  const SessionIdMaker maker(kServerStart);
  const std::string secret = kSecret;

  EXPECT_EQ(maker.EarlierEpochOf("s-1-" + secret), "1");
  for (const std::string& id :
       {std::string(), std::string("s-"), std::string("s-1"), std::string("s-1-"), "t-1-" + secret,
        "s--" + secret, "s-1-" + secret + "0", "s-1-" + secret.substr(1), "s-01-" + secret,
        "s-0x1-" + secret, "s-g-" + secret, "s-A-" + secret, "s- 1-" + secret,
        "s-1--" + secret.substr(1), "s-1-" + secret.substr(1) + "F",
        "s-11111111111111111-" + secret}) {
    EXPECT_EQ(maker.EarlierEpochOf(id), std::nullopt) << id;
  }
}

TEST(SessionId, TimesBeforeTheUnixEpochDoNotMatter) {
  const SessionIdMaker maker(absl::FromUnixSeconds(-5));

  EXPECT_EQ(maker.epoch(), "0");
  EXPECT_TRUE(IsValidId(maker.Make()));
}

}  // namespace
}  // namespace cellar
