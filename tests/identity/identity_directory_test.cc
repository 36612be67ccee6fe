#include "server/identity/identity_directory.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

const absl::Time kToday = absl::FromUnixSeconds(1'000'000);

Identity TokenOf(absl::string_view token, std::string tenant,
                 absl::Time expire_time = absl::InfiniteFuture()) {
  return {.token_digest = Sha256Of(token),
          .caller = {.tenant = std::move(tenant), .roles = {Role::kOwner}},
          .expire_time = expire_time};
}

Identity CertificateOf(std::string name, std::string tenant,
                       absl::Time expire_time = absl::InfiniteFuture()) {
  return {.certificate = std::move(name),
          .caller = {.tenant = std::move(tenant), .roles = {Role::kOwner}},
          .expire_time = expire_time};
}

TEST(IdentityDirectory, FindsWhoseATokenIs) {
  const IdentityDirectory directory({TokenOf("one", "a"), TokenOf("two", "b")});
  EXPECT_EQ(directory.count(), 2);
  EXPECT_EQ(directory.FindToken("one", kToday)->tenant, "a");
  EXPECT_EQ(directory.FindToken("two", kToday)->tenant, "b");
  EXPECT_EQ(directory.FindToken("one", kToday), directory.FindToken("one", kToday)) << "shared";
  for (const char* wrong : {"", "on", "onee", "One", "three"}) {
    EXPECT_EQ(directory.FindToken(wrong, kToday), nullptr) << wrong;
  }
}

TEST(IdentityDirectory, ForgetsWhoHasExpired) {
  const IdentityDirectory directory({TokenOf("one", "a", kToday + absl::Seconds(1)),
                                     CertificateOf("cn:x", "a", kToday + absl::Seconds(1))});
  EXPECT_NE(directory.FindToken("one", kToday), nullptr);
  EXPECT_NE(directory.FindCertificate({"cn:x"}, kToday), nullptr);
  EXPECT_EQ(directory.FindToken("one", kToday + absl::Seconds(1)), nullptr) << "at its very time";
  EXPECT_EQ(directory.FindCertificate({"cn:x"}, kToday + absl::Seconds(1)), nullptr);
}

TEST(IdentityDirectory, ComparesTheWholeDigest) {
  Identity identity = TokenOf("one", "a");
  identity.token_digest->back() ^= 1;  // the first bytes, by which it is looked up, are right
  EXPECT_EQ(IdentityDirectory({identity}).FindToken("one", kToday), nullptr);
}

TEST(IdentityDirectory, TakesTheFirstNameOfACertificateThatItKnows) {
  const IdentityDirectory directory({CertificateOf("uri:x", "a"), CertificateOf("cn:x", "b")});
  EXPECT_EQ(directory.FindCertificate({"uri:x", "cn:x"}, kToday)->tenant, "a");
  EXPECT_EQ(directory.FindCertificate({"dns:x", "cn:x"}, kToday)->tenant, "b");
  EXPECT_EQ(directory.FindCertificate({"x", "dns:x"}, kToday), nullptr);
  EXPECT_EQ(directory.FindCertificate({}, kToday), nullptr);
}

}  // namespace
}  // namespace cellar
