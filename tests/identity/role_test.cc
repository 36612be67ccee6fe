#include "server/identity/role.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(Role, IsReadAsItIsWritten) {
  for (const Role role :
       {Role::kOwner, Role::kGrader, Role::kReadOnly, Role::kStudent, Role::kAdmin}) {
    EXPECT_EQ(ParseRole(RoleName(role)), role);
    EXPECT_TRUE(RoleSet::All().Has(role));
  }
  for (const char* word : {"", "Owner", "owner ", "root", "readonly"}) {
    EXPECT_FALSE(ParseRole(word).has_value()) << word;
  }
}

TEST(RoleSet, HoldsWhatWasPutIn) {
  RoleSet roles;
  EXPECT_TRUE(roles.empty());
  roles.Add(Role::kStudent);
  EXPECT_TRUE(roles.Has(Role::kStudent));
  EXPECT_FALSE(roles.Has(Role::kOwner));
  EXPECT_FALSE(roles.empty());
  EXPECT_TRUE(roles.HasAnyOf({Role::kOwner, Role::kStudent}));
  EXPECT_FALSE(roles.HasAnyOf({Role::kOwner, Role::kAdmin}));
  EXPECT_FALSE(roles.HasAnyOf({}));
}

TEST(RoleSet, IsNamedInOneOrder) {
  EXPECT_EQ(RoleNames({Role::kGrader, Role::kOwner}), "owner,grader");
  EXPECT_EQ(RoleNames(RoleSet::All()), "owner,grader,read-only,student,admin");
  EXPECT_EQ(RoleNames({}), "");
}

}  // namespace
}  // namespace cellar
