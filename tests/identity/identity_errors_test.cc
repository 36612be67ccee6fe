#include "server/identity/identity_errors.h"

#include <gtest/gtest.h>

#include "server/base/error.h"

namespace cellar {
namespace {

TEST(IdentityErrors, HaveTheirCodesAndReasons) {
  EXPECT_TRUE(absl::IsUnauthenticated(TokenMissing()));
  EXPECT_EQ(GetErrorReason(TokenMissing()), "TOKEN_MISSING");
  EXPECT_TRUE(absl::IsUnauthenticated(TokenInvalid()));
  EXPECT_EQ(GetErrorReason(TokenInvalid()), "TOKEN_INVALID");
  EXPECT_TRUE(absl::IsUnauthenticated(CertificateUnknown()));
  EXPECT_EQ(GetErrorReason(CertificateUnknown()), "CERTIFICATE_UNKNOWN");
}

TEST(IdentityErrors, TellWhichRolesThereAreAndWhichAreWanted) {
  const absl::Status status = RoleMissing("a.B.C", {Role::kStudent}, {Role::kOwner, Role::kAdmin});
  EXPECT_TRUE(absl::IsPermissionDenied(status));
  const ErrorDetail detail = GetErrorDetail(status).value();
  EXPECT_EQ(detail.reason, "ROLE_MISSING");
  EXPECT_EQ(detail.metadata,
            (std::vector<std::pair<std::string, std::string>>{
                {"method", "a.B.C"}, {"roles", "student"}, {"wanted_roles", "owner,admin"}}));
  const absl::Status elsewhere = TenantNotYours({Role::kOwner});
  EXPECT_TRUE(absl::IsPermissionDenied(elsewhere));
  EXPECT_EQ(GetErrorReason(elsewhere), "ROLE_MISSING");
  EXPECT_EQ(GetErrorDetail(elsewhere)->metadata[2].second, "admin");
}

}  // namespace
}  // namespace cellar
