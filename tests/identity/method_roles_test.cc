#include "server/identity/method_roles.h"

#include <gtest/gtest.h>

#include <set>

namespace cellar {
namespace {

TEST(MethodRoles, NameEachMethodOnce) {
  const auto methods = MethodsWithRoles();
  EXPECT_EQ(std::set<absl::string_view>(methods.begin(), methods.end()).size(), methods.size());
  EXPECT_FALSE(methods.empty());
}

TEST(MethodRoles, GiveAdminsEverything) {
  for (const absl::string_view method : MethodsWithRoles()) {
    EXPECT_TRUE(RolesFor(method).Has(Role::kAdmin)) << method;
  }
}

TEST(MethodRoles, GiveUnknownMethodsToNobody) {
  for (const char* method : {"", "cellar.v1.SessionService", "cellar.v1.SessionService.Destroy"}) {
    EXPECT_TRUE(RolesFor(method).empty()) << method;
  }
}

TEST(MethodRoles, KeepStudentsToGrading) {
  for (const absl::string_view method : MethodsWithRoles()) {
    const bool graded = method == "cellar.v1.GradingService.Grade" ||
                        method == "cellar.v1.GradingService.GradeStream" ||
                        method == "cellar.v1.GradingService.GetExercise" ||
                        method == "grpc.reflection.v1alpha.ServerReflection" ||
                        method == "grpc.reflection.v1.ServerReflection";
    EXPECT_EQ(RolesFor(method).Has(Role::kStudent), graded) << method;
  }
}

TEST(MethodRoles, ShowAnswerKeysToThoseWhoGrade) {
  EXPECT_TRUE(MaySeeAnswerKeys({Role::kOwner}));
  EXPECT_TRUE(MaySeeAnswerKeys({Role::kGrader}));
  EXPECT_TRUE(MaySeeAnswerKeys({Role::kAdmin}));
  EXPECT_FALSE(MaySeeAnswerKeys({Role::kReadOnly, Role::kStudent}));
}

}  // namespace
}  // namespace cellar
