#include "server/identity/tenant_tally.h"

#include <limits>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(TenantTally, TakesUpToTheCapOfAllTogether) {
  TenantTally tally({.of_server = 10});
  EXPECT_FALSE(tally.Take("a", 6).has_value());
  EXPECT_FALSE(tally.Take("b", 4).has_value());
  const auto reached = tally.Take("b", 1);
  ASSERT_TRUE(reached.has_value());
  EXPECT_EQ(reached->scope, CapScope::kServer);
  EXPECT_EQ(reached->limit, 10);
  EXPECT_EQ(reached->used, 10);
  EXPECT_EQ(tally.total(), 10);
  tally.GiveBack("a", 6);
  EXPECT_FALSE(tally.Take("b", 6).has_value());
}

TEST(TenantTally, ACapOfATenantLeavesRoomForOthers) {
  TenantTally tally({.of_tenant = 5, .of_server = 10});
  EXPECT_FALSE(tally.Take("a", 5).has_value());
  const auto reached = tally.Take("a", 1);
  ASSERT_TRUE(reached.has_value());
  EXPECT_EQ(reached->scope, CapScope::kTenant);
  EXPECT_EQ(reached->limit, 5);
  EXPECT_EQ(reached->used, 5);
  EXPECT_FALSE(tally.Take("b", 5).has_value());
  tally.GiveBack("a", 5);
  EXPECT_FALSE(tally.Take("a", 5).has_value());
}

TEST(TenantTally, WhatIsTakenAnywayKeepsOthersOutUntilItIsGivenBack) {
  TenantTally tally({.of_tenant = 5, .of_server = 10});
  tally.TakeAnyway("a", 5);
  EXPECT_FALSE(tally.Passed("a").has_value());
  tally.TakeAnyway("a", 2);
  ASSERT_TRUE(tally.Passed("a").has_value());
  EXPECT_EQ(tally.Passed("a")->scope, CapScope::kTenant);
  EXPECT_EQ(tally.Passed("a")->used, 7);
  EXPECT_FALSE(tally.Passed("b").has_value());
  EXPECT_TRUE(tally.Take("a", 1).has_value());
  tally.TakeAnyway("b", 4);
  EXPECT_EQ(tally.Passed("b")->scope, CapScope::kServer);
  tally.GiveBack("a", 7);
  EXPECT_FALSE(tally.Passed("b").has_value());
  EXPECT_FALSE(tally.Take("a", 5).has_value());
}

TEST(TenantTally, ASumThatWouldOverflowDoesNotFit) {
  TenantTally tally({.of_tenant = 5, .of_server = 10});
  EXPECT_FALSE(tally.Take("a", 1).has_value());
  EXPECT_TRUE(tally.Take("a", std::numeric_limits<int64_t>::max()).has_value());
  EXPECT_EQ(tally.total(), 1);
}

TEST(TenantTally, IsExactUnderManyThreads) {
  TenantTally tally({.of_tenant = 3, .of_server = 5});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&tally, t] {
      const std::string tenant = absl::StrCat(t % 2);
      for (int n = 0; n < 2000; ++n) {
        if (tally.Take(tenant, 2).has_value()) continue;
        EXPECT_LE(tally.total(), 5);
        tally.GiveBack(tenant, 2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(tally.total(), 0);
}

}  // namespace
}  // namespace cellar
