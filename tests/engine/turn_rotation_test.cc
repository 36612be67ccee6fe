#include "server/engine/turn_rotation.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::ElementsAre;

// The order in which everything that waits gets its turn, if nothing comes back.
std::vector<std::string> Order(TurnRotation<std::string>& rotation) {
  std::vector<std::string> order;
  while (!rotation.empty()) order.push_back(rotation.Next());
  return order;
}

TEST(TurnRotation, GivesTurnsInOrderOfArrivalWhenThereIsOneTenant) {
  TurnRotation<std::string> rotation;
  for (const char* line : {"a", "b", "c"}) rotation.Add("t", TurnPlace::kOwn, line);
  EXPECT_EQ(rotation.size(), 3);
  EXPECT_THAT(Order(rotation), ElementsAre("a", "b", "c"));
}

TEST(TurnRotation, AFloodOfOneTenantDelaysAnotherByOneTurn) {
  TurnRotation<std::string> rotation;
  for (int i = 0; i < 1000; ++i) rotation.Add("flood", TurnPlace::kOwn, absl::StrCat("f", i));
  rotation.Add("polite", TurnPlace::kOwn, "p0");
  EXPECT_EQ(rotation.Next(), "f0");
  EXPECT_EQ(rotation.Next(), "p0");
  rotation.Add("polite", TurnPlace::kOwn, "p1");
  EXPECT_EQ(rotation.Next(), "f1");
  EXPECT_EQ(rotation.Next(), "p1");
}

TEST(TurnRotation, AFloodWithoutSessionsDelaysASessionByOneTurn) {
  TurnRotation<std::string> rotation;
  for (int i = 0; i < 1000; ++i) rotation.Add("t", TurnPlace::kShared, absl::StrCat("list", i));
  rotation.Add("t", TurnPlace::kOwn, "session");
  EXPECT_EQ(rotation.Next(), "list0");
  EXPECT_EQ(rotation.Next(), "session");
  EXPECT_EQ(rotation.Next(), "list1");
}

TEST(TurnRotation, WhatHasNoSessionIsNotStarvedBySessions) {
  TurnRotation<std::string> rotation;
  rotation.Add("t", TurnPlace::kOwn, "a");
  rotation.Add("t", TurnPlace::kShared, "list0");
  rotation.Add("t", TurnPlace::kShared, "list1");
  rotation.Add("t", TurnPlace::kOwn, "b");
  EXPECT_EQ(rotation.Next(), "a");
  rotation.Add("t", TurnPlace::kOwn, "a");  // a session that always has more
  EXPECT_THAT(Order(rotation), ElementsAre("list0", "b", "a", "list1"));
}

TEST(TurnRotation, TenantsTakeTurnsWhateverEachHasWaiting) {
  TurnRotation<std::string> rotation;
  rotation.Add("a", TurnPlace::kOwn, "a0");
  rotation.Add("a", TurnPlace::kOwn, "a1");
  rotation.Add("a", TurnPlace::kShared, "a2");
  rotation.Add("b", TurnPlace::kShared, "b0");
  rotation.Add("c", TurnPlace::kOwn, "c0");
  rotation.Add("b", TurnPlace::kShared, "b1");
  EXPECT_THAT(Order(rotation), ElementsAre("a0", "b0", "c0", "a1", "b1", "a2"));
}

TEST(TurnRotation, ForgetsNobodyWhenTenantsAreMany) {
  TurnRotation<std::string> rotation;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) rotation.Add(absl::StrCat("t", i), TurnPlace::kOwn, "x");
    EXPECT_EQ(Order(rotation).size(), 1000u);
  }
}

TEST(TurnRotation, ForgetsTenantsWithoutAnythingToDoBeyondAsManyAsItIsTold) {
  TurnRotation<std::string> rotation(3);
  for (int i = 0; i < 100; ++i) rotation.Add(absl::StrCat("t", i), TurnPlace::kOwn, "x");
  EXPECT_EQ(rotation.known_tenants(), 100);
  EXPECT_EQ(Order(rotation).size(), 100u);
  EXPECT_EQ(rotation.known_tenants(), 3);
  rotation.Remove(rotation.Add("t", TurnPlace::kOwn, "x"));
  EXPECT_EQ(rotation.known_tenants(), 3);
}

TEST(TurnRotation, GivesALineBeforeItsTurnToWhoeverHasItsTicket) {
  TurnRotation<std::string> rotation;
  rotation.Add("t", TurnPlace::kOwn, "a");
  const auto ticket = rotation.Add("t", TurnPlace::kOwn, "b");
  rotation.Add("t", TurnPlace::kShared, "list");
  EXPECT_EQ(rotation.Remove(ticket), "b");
  EXPECT_EQ(rotation.size(), 2);
  EXPECT_THAT(Order(rotation), ElementsAre("a", "list"));
  const auto only = rotation.Add("t", TurnPlace::kOwn, "c");
  EXPECT_EQ(rotation.Remove(only), "c");
  EXPECT_TRUE(rotation.empty());
}

TEST(TurnRotation, ALineTakenBeforeItsTurnIsNotATurnOfItsTenant) {
  TurnRotation<std::string> rotation;
  const auto ticket = rotation.Add("flood", TurnPlace::kOwn, "f0");
  rotation.Add("flood", TurnPlace::kOwn, "f1");
  rotation.Add("polite", TurnPlace::kOwn, "p0");
  rotation.Remove(ticket);
  EXPECT_THAT(Order(rotation), ElementsAre("f1", "p0"));
}

}  // namespace
}  // namespace cellar
