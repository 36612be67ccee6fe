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
                          Pair("requested_bytes", "41")));
}

TEST(ByteBudget, HugeRequestsDoNotOverflow) {
  ByteBudget budget(100);
  ASSERT_TRUE(budget.Charge(60).ok());

  EXPECT_FALSE(budget.Charge(std::numeric_limits<int64_t>::max()).ok());
  EXPECT_EQ(budget.used_bytes(), 60);
}

}  // namespace
}  // namespace cellar
