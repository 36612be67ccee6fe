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

}  // namespace
}  // namespace cellar
