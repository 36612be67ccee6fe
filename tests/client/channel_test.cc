#include "client/channel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(CheckAddressTest, TakesHostsWithPortsAndSockets) {
  for (const char* address : {"127.0.0.1:50051", "localhost:1", "[::1]:65535", "cellar.example:443",
                              "unix:/run/cellar.sock", "unix:relative"}) {
    EXPECT_TRUE(CheckAddress(address).ok()) << address;
  }
}

TEST(CheckAddressTest, RefusesAnythingElseAndTellsWhatIsAllowed) {
  for (const char* address : {"", "localhost", ":50051", "host:", "host:0", "host:65536", "host:x",
                              "::1:50051", "unix:", "http://host:80"}) {
    const absl::Status status = CheckAddress(address);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << address;
    EXPECT_THAT(std::string(status.message()), HasSubstr("host:port"));
  }
}

std::string WrongWith(const std::string& address, const ChannelIdentity& identity) {
  const auto channel = MakeChannel(address, identity, 1 << 20);
  return channel.ok() ? "" : std::string(channel.status().message());
}

TEST(MakeChannelTest, SendsNoTokenInPlainTextToAnotherMachine) {
  const ChannelIdentity identity{.token = "secret"};
  EXPECT_THAT(WrongWith("cellar.example:443", identity), HasSubstr("plain text"));
  EXPECT_THAT(WrongWith("cellar.example:443", identity), Not(HasSubstr("secret")));
  EXPECT_THAT(WrongWith("127.evil.example:443", identity), HasSubstr("plain text"));
  for (const char* address : {"127.0.0.1:1", "[::1]:1", "localhost:1", "unix:/a"}) {
    EXPECT_EQ(WrongWith(address, identity), "") << address;
  }
  EXPECT_EQ(WrongWith("cellar.example:443", {.tls = true, .token = "secret"}), "");
  EXPECT_EQ(WrongWith("cellar.example:443", {}), "") << "without a token there is none to lose";
}

TEST(MakeChannelTest, ReadsTheTokenFromAFile) {
  const std::string path = ::testing::TempDir() + "/channel_test_token";
  std::ofstream(path) << "secret\n";
  EXPECT_THAT(WrongWith("cellar.example:443", {.token_file = path}), HasSubstr("plain text"));
  std::ofstream(path) << " \n";
  EXPECT_THAT(WrongWith("127.0.0.1:1", {.token_file = path}), HasSubstr("is empty"));
  EXPECT_THAT(WrongWith("127.0.0.1:1", {.token_file = path + "-none"}), HasSubstr("cannot read"));
}

TEST(MakeChannelTest, RefusesTokensThatAreNoneWithoutQuotingThem) {
  for (const char* token : {"se cret", "secret\n", "secr\xc3\xa9t"}) {
    EXPECT_THAT(WrongWith("127.0.0.1:1", {.token = token}), HasSubstr("character"));
    EXPECT_THAT(WrongWith("127.0.0.1:1", {.token = token}), Not(HasSubstr("cret")));
  }
}

TEST(MakeChannelTest, WantsBothHalvesOfACertificate) {
  EXPECT_THAT(WrongWith("127.0.0.1:1", {.tls_cert_file = "a"}), HasSubstr("belong together"));
  EXPECT_THAT(WrongWith("127.0.0.1:1", {.tls_key_file = "a"}), HasSubstr("belong together"));
  EXPECT_THAT(WrongWith("127.0.0.1:1", {.tls_ca_file = "/none"}),
              HasSubstr("--tls-ca: cannot read /none"));
}

}  // namespace
}  // namespace cellar
