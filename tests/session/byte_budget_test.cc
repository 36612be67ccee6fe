#include "server/session/byte_budget.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "server/base/error.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ByteBudget, TakesUpToItsLimitAndNotOneByteMore) {
  ByteBudget budget(100);

  EXPECT_TRUE(budget.Charge(60).ok());
  EXPECT_TRUE(budget.Charge(40).ok());
  EXPECT_EQ(budget.used_bytes(), 100);
  EXPECT_FALSE(budget.Charge(1).ok());
  EXPECT_EQ(budget.used_bytes(), 100);
}

TEST(ByteBudget, GivesBackAtAnyTime) {
  ByteBudget budget(100);
  ASSERT_TRUE(budget.Charge(100).ok());

  EXPECT_TRUE(budget.Charge(0).ok());
  EXPECT_TRUE(budget.Charge(-30).ok());
  EXPECT_EQ(budget.used_bytes(), 70);
  EXPECT_TRUE(budget.Charge(30).ok());
}

TEST(ByteBudget, RefusalTellsLimitUseAndRequest) {
  ByteBudget budget(100);
  ASSERT_TRUE(budget.Charge(60).ok());

  const absl::Status status = budget.Charge(41);

  EXPECT_EQ(GetErrorReason(status), "SESSION_BYTES_LIMIT");
  EXPECT_THAT(GetErrorDetail(status)->metadata,
              ElementsAre(Pair("limit_bytes", "100"), Pair("used_bytes", "60"),
                          Pair("requested_bytes", "41"), Pair("scope", "server")));
}

TEST(ByteBudget, HugeRequestsDoNotOverflow) {
  ByteBudget budget(100);
  ASSERT_TRUE(budget.Charge(60).ok());

  EXPECT_FALSE(budget.Charge(std::numeric_limits<int64_t>::max()).ok());
  EXPECT_EQ(budget.used_bytes(), 60);
}

TEST(ByteBudgets, ATenantsBytesAreOfItsOwnBudgetAndOfThatOfAll) {
  ByteBudgets budgets({.of_tenant = 60, .of_server = 100});
  ASSERT_TRUE(budgets.Of("me").Charge(50).ok());
  const absl::Status own = budgets.Of("me").Charge(11);
  EXPECT_THAT(GetErrorDetail(own)->metadata, testing::Contains(Pair("scope", "tenant")));
  ASSERT_TRUE(budgets.Of("you").Charge(40).ok());
  const absl::Status all = budgets.Of("you").Charge(11);
  EXPECT_THAT(GetErrorDetail(all)->metadata, testing::Contains(Pair("scope", "server")));
  EXPECT_EQ(budgets.Of("you").used_bytes(), 40) << "nothing was taken";
  EXPECT_EQ(budgets.all().used_bytes(), 90);

  EXPECT_TRUE(budgets.Of("me").Charge(-50).ok());
  EXPECT_EQ(budgets.all().used_bytes(), 40);
  EXPECT_TRUE(budgets.Of("you").Charge(20).ok());
}

TEST(ByteBudgets, WithoutACapOfTheirOwnTenantsShareOne) {
  ByteBudgets budgets({.of_server = 100});
  EXPECT_EQ(&budgets.Of("me"), &budgets.all());
}

}  // namespace
}  // namespace cellar
