#include "server/rpc/listen_address.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(CheckListenAddress, TakesTheFormsThatItPromises) {
  for (const std::string address : {"127.0.0.1:50051", "0.0.0.0:0", "[::1]:65535", "[::]:1",
                                    "localhost:80", "host.example:1", "unix:/tmp/a", "unix:a"}) {
    EXPECT_TRUE(CheckListenAddress(address).ok()) << address;
  }
}

TEST(CheckListenAddress, RefusesWhatCannotBeListenedOn) {
  const std::string long_path(200, 'p');
  for (const std::string& address :
       {std::string(""), std::string("50051"), std::string(":50051"), std::string("127.0.0.1"),
        std::string("127.0.0.1:"), std::string("127.0.0.1:65536"), std::string("127.0.0.1:-1"),
        std::string("127.0.0.1:http"), std::string("::1"), std::string("::1:50051"),
        std::string("[]:1"), std::string("[::1]"), std::string("http://a:1"), std::string("unix:"),
        absl::StrCat("unix:", long_path)}) {
    const absl::Status status = CheckListenAddress(address);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_TRUE(absl::StrContains(status.message(), "write host:port")) << status;
  }
}

TEST(IsLocal, KnowsWhatStaysOnTheMachine) {
  for (const std::string address :
       {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/a"}) {
    EXPECT_TRUE(IsLocal(address)) << address;
  }
  for (const std::string address :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "example.org:1", "128.0.0.1:1", "127.example.org:1"}) {
    EXPECT_FALSE(IsLocal(address)) << address;
  }
}

TEST(WithPort, TellsTheBoundPort) {
  EXPECT_EQ(WithPort("127.0.0.1:0", 7), "127.0.0.1:7");
  EXPECT_EQ(WithPort("[::1]:0", 7), "[::1]:7");
  EXPECT_EQ(WithPort("unix:/a", 7), "unix:/a");
}

TEST(IsUnixSocketInUse, OnlyIfSomebodyListens) {
  const std::string path = absl::StrCat("/tmp/cellar-listen-address-test-", getpid());
  const std::string address = absl::StrCat("unix:", path);
  EXPECT_FALSE(IsUnixSocketInUse(address));

  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  const int listener = socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  EXPECT_TRUE(IsUnixSocketInUse(address));
  EXPECT_FALSE(IsUnixSocketInUse("127.0.0.1:1"));

  close(listener);  // the path stays behind, as after a crash
  EXPECT_FALSE(IsUnixSocketInUse(address));
  unlink(path.c_str());
}

}  // namespace
}  // namespace cellar
