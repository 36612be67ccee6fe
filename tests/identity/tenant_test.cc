#include "server/identity/tenant.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "absl/container/flat_hash_set.h"

namespace cellar {
namespace {

TEST(Tenant, IsWrittenLikeAnId) {
  for (const char* tenant : {"a", "default", "math-101", "a-", "a0"}) {
    EXPECT_TRUE(IsValidTenant(tenant)) << tenant;
  }
  for (const char* tenant : {"", "A", "1a", "-a", "a/b", "a b", "a_b", "a.b", "\xc3\xa4"}) {
    EXPECT_FALSE(IsValidTenant(tenant)) << tenant;
  }
  EXPECT_TRUE(IsValidTenant(std::string(63, 'a')));
  EXPECT_FALSE(IsValidTenant(std::string(64, 'a')));
  EXPECT_TRUE(IsValidTenant(kDefaultTenant));
}

TEST(Tenant, SeparatesEqualNames) {
  const OwnedName mine{"a", "sessions/x"};
  EXPECT_EQ(mine, (OwnedName{"a", "sessions/x"}));
  EXPECT_FALSE(mine == (OwnedName{"b", "sessions/x"}));
  EXPECT_EQ((absl::flat_hash_set<OwnedName>{mine, {"b", "sessions/x"}, mine}).size(), 2u);
  EXPECT_EQ(FullName(mine), "a/sessions/x");
}

TEST(Tenant, ComesBeforeTheNameInOrder) {
  const std::set<OwnedName> names = {{"b", "x"}, {"a", "z"}, {"ab", "a"}, {"a", "y"}};
  std::string order;
  for (const OwnedName& name : names) order += FullName(name) + " ";
  EXPECT_EQ(order, "a/y a/z ab/a b/x ");
}

}  // namespace
}  // namespace cellar
