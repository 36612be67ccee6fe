#include "server/identity/authentication.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

constexpr char kGet[] = "cellar.v1.SessionService.GetSession";
constexpr char kStep[] = "cellar.v1.SessionService.Step";

class AuthenticationTest : public ::testing::Test {
 protected:
  AuthenticationTest() {
    std::ofstream file(path_);
    const auto token = [&](absl::string_view word, absl::string_view rest) {
      file << "token sha256:" << ToHex(Sha256Of(word)) << " " << rest << "\n";
    };
    token("own", "tenant=a roles=owner");
    token("read", "tenant=a roles=read-only");
    token("all", "tenant=ops roles=admin name=root");
    token("old",
          absl::StrCat("tenant=a roles=owner expires=",
                       absl::FormatTime(absl::RFC3339_full, clock_.Now(), absl::UTCTimeZone())));
    file << "certificate dns:x tenant=b roles=owner\n";
    file.close();
    EXPECT_TRUE(identities_.Reload().ok());
    std::remove(path_.c_str());
  }

  // The tenant, or the reason why not.
  std::string Tenant(const Presented& presented, absl::string_view method = kGet) {
    const auto caller = authentication_.LetIn(presented, method);
    return caller.ok() ? (*caller)->tenant : GetErrorReason(caller.status());
  }

  const std::string path_ =
      absl::StrCat(::testing::TempDir(), "/authentication_",
                   ::testing::UnitTest::GetInstance()->current_test_info()->name());
  FakeClock clock_;
  Identities identities_{path_};
  Authentication authentication_{identities_, clock_};
};

TEST_F(AuthenticationTest, KnowsPeopleByTheirTokens) {
  EXPECT_EQ(Tenant({.authorization = "bearer own"}), "a");
  EXPECT_EQ(Tenant({.authorization = "Bearer own"}), "a") << "a scheme has no case";
  EXPECT_EQ(Tenant({}), "TOKEN_MISSING");
  for (const char* wrong : {"", "bearer", "bearer ", "own", "basic own", "bearer Own",
                            "bearer own own", "bearer old"}) {
    EXPECT_EQ(Tenant({.authorization = wrong}), "TOKEN_INVALID") << wrong;
  }
}

TEST_F(AuthenticationTest, KnowsPeopleByTheirCertificates) {
  EXPECT_EQ(Tenant({.certificate_names = {"uri:y", "dns:x"}}), "b");
  EXPECT_EQ(Tenant({.certificate_names = {"cn:x"}}), "CERTIFICATE_UNKNOWN");
  EXPECT_EQ(Tenant({.authorization = "bearer own", .certificate_names = {"dns:x"}}), "a");
  EXPECT_EQ(Tenant({.authorization = "bearer no", .certificate_names = {"dns:x"}}), "TOKEN_INVALID")
      << "a wrong token is not made good";
}

TEST_F(AuthenticationTest, LetsNobodyCallWhatTheirRolesDoNotAllow) {
  EXPECT_EQ(Tenant({.authorization = "bearer read"}), "a");
  EXPECT_EQ(Tenant({.authorization = "bearer read"}, kStep), "ROLE_MISSING");
  EXPECT_EQ(Tenant({.authorization = "bearer own"}, kStep), "a");
  EXPECT_EQ(Tenant({.authorization = "bearer all"}, "a.method.of.nobody"), "ROLE_MISSING");
  EXPECT_EQ(Tenant({}, "a.method.of.nobody"), "TOKEN_MISSING") << "who comes first";
}

TEST_F(AuthenticationTest, LetsAdminsActForOtherTenants) {
  EXPECT_EQ(Tenant({.authorization = "bearer all"}), "ops");
  EXPECT_EQ(Tenant({.authorization = "bearer all", .tenant = "a"}), "a");
  const auto caller =
      authentication_.LetIn({.authorization = "bearer all", .tenant = "a"}, kGet).value();
  EXPECT_EQ(caller->name, "root") << "still the same person";
  EXPECT_EQ(caller->roles, RoleSet{Role::kAdmin});
  EXPECT_EQ(Tenant({.authorization = "bearer all", .tenant = "A/b"}), "BAD_REQUEST");
  EXPECT_EQ(Tenant({.authorization = "bearer own", .tenant = "A/b"}), "ROLE_MISSING");
  EXPECT_EQ(Tenant({.authorization = "bearer own", .tenant = "b"}), "ROLE_MISSING");
  EXPECT_EQ(Tenant({.authorization = "bearer own", .tenant = "nobody"}), "ROLE_MISSING");
  EXPECT_EQ(Tenant({.authorization = "bearer own", .tenant = "a"}), "a");
}

TEST_F(AuthenticationTest, TakesEverybodyForTheLocalCallerWhenNobodyIsAsked) {
  Identities open("");
  const Authentication everybody(open, clock_);
  EXPECT_FALSE(everybody.asked());
  EXPECT_EQ(everybody.LetIn({.authorization = "bearer nonsense"}, kStep).value(), LocalCaller());
  EXPECT_EQ(GetErrorReason(everybody.LetIn({}, "a.method.of.nobody").status()), "ROLE_MISSING");
}

}  // namespace
}  // namespace cellar
