#include "server/rpc/accept_guard.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(AcceptGuard, KeepsSomeDescriptorsBack) {
  EXPECT_EQ(MaxConnectionDescriptor(1024), 1024 - 128 - 1);
  EXPECT_EQ(MaxConnectionDescriptor(256), 256 - 64 - 1);
  EXPECT_EQ(MaxConnectionDescriptor(1'000'000), 1'000'000 - 1024 - 1);
  EXPECT_EQ(MaxConnectionDescriptor(20), 20 - 10 - 1);
}

TEST(AcceptGuard, RaisesTheLimitToWhatIsAllowed) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit lower = {limit.rlim_max / 2, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lower), 0);
  RaiseDescriptorLimit();
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  EXPECT_EQ(limit.rlim_cur, limit.rlim_max);
}

// A listener on the loopback interface, and those who connect to it.
class AcceptTest : public testing::Test {
 protected:
  AcceptTest() {
    listener_ = Socket(SOCK_NONBLOCK);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address_);
    EXPECT_EQ(bind(listener_, Address(), length), 0);
    EXPECT_EQ(listen(listener_, 100), 0);
    EXPECT_EQ(getsockname(listener_, Address(), &length), 0);
  }
  ~AcceptTest() override {
    for (const int descriptor : open_) close(descriptor);
  }

  int Socket(int flags = 0) {
    open_.push_back(socket(AF_INET, SOCK_STREAM | flags, 0));
    return open_.back();
  }
  int Connect() {
    const int client = Socket();
    EXPECT_EQ(connect(client, Address(), sizeof(address_)), 0);
    return client;
  }
  int Accept() { return accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC); }
  sockaddr* Address() { return reinterpret_cast<sockaddr*>(&address_); }

  int listener_ = -1;
  sockaddr_in address_{};
  std::vector<int> open_;
};

TEST_F(AcceptTest, WhoeverComesWhenDescriptorsAreFewIsTurnedAwayAndMayComeAgain) {
  const int first = Connect();
  const int second = Connect();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const int64_t turned_away = TurnedAwayConnections().Value();
  // The next descriptor is the first that is kept back.
  const rlimit low = {static_cast<rlim_t>(2 * (second + 1)), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EAGAIN) << "nobody is left, and no error that would end the listening";
  EXPECT_EQ(TurnedAwayConnections().Value(), turned_away + 2);
  char byte = 0;
  EXPECT_EQ(read(first, &byte, 1), 0) << "its end is seen at once";

  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  Connect();
  open_.push_back(Accept());
  EXPECT_GE(open_.back(), 0);
  EXPECT_EQ(TurnedAwayConnections().Value(), turned_away + 2);
}

TEST_F(AcceptTest, NoDescriptorAtAllIsNoReasonToStopListening) {
  const int last = Connect();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none = {static_cast<rlim_t>(last + 1), before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  EXPECT_EQ(Accept(), -1);
  EXPECT_EQ(errno, EAGAIN);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace cellar
