#include "server/rpc/server_credentials.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(TlsOptions, AreEnabledByACertificateOrAKey) {
  EXPECT_FALSE(TlsOptions().enabled());
  EXPECT_TRUE(TlsOptions{.certificate_path = "a"}.enabled());
  EXPECT_TRUE(TlsOptions{.key_path = "a"}.enabled());
}

// That sound files are taken, and changed ones too, is shown by tests/conformance/identity_test.py.
TEST(CheckTlsFiles, NamesTheFileThatCannotBeUsed) {
  const absl::Status status =
      CheckTlsFiles({.certificate_path = "/nowhere/cert.pem", .key_path = "/nowhere/key.pem"});
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_EQ(status.message(), "--tls-cert: /nowhere/cert.pem is no file with a PEM certificate");
}

}  // namespace
}  // namespace cellar
