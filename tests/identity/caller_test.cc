#include "server/identity/caller.h"

#include <gtest/gtest.h>

#include "server/identity/tenant.h"

namespace cellar {
namespace {

TEST(LocalCaller, IsTheDefaultTenantWithEveryRole) {
  EXPECT_EQ(LocalCaller()->tenant, kDefaultTenant);
  EXPECT_EQ(LocalCaller()->roles, RoleSet::All());
  EXPECT_EQ(LocalCaller(), LocalCaller()) << "one for all calls";
}

TEST(NobodyCaller, HasNothing) {
  EXPECT_EQ(NobodyCaller()->tenant, "");
  EXPECT_TRUE(NobodyCaller()->roles.empty());
}

}  // namespace
}  // namespace cellar
