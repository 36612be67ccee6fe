#include "server/rpc/accept_guard.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

namespace cellar {
namespace {

Counter& TurnedAway() {
  static Counter counter;
  return counter;
}

int64_t DescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::numeric_limits<int64_t>::max();
  }
  return static_cast<int64_t>(limit.rlim_cur);
}

}  // namespace

int64_t MaxConnectionDescriptor(int64_t limit) {
  constexpr int64_t kFewestKept = 64;
  constexpr int64_t kMostKept = 1024;
  const int64_t kept = std::clamp(limit / 8, kFewestKept, kMostKept);
  return limit - std::min(kept, limit / 2) - 1;
}

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

const Counter& TurnedAwayConnections() { return TurnedAway(); }

}  // namespace cellar

extern "C" int accept4(int listener, struct sockaddr* address, socklen_t* length, int flags) {
  while (true) {
    const auto accepted = static_cast<int>(syscall(SYS_accept4, listener, address, length, flags));
    if (accepted < 0) {
      // Others took the last ones: gRPC tries again when the next one knocks.
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) errno = EAGAIN;
      return accepted;
    }
    if (accepted <= cellar::MaxConnectionDescriptor(cellar::DescriptorLimit())) return accepted;
    close(accepted);
    cellar::TurnedAway().Add();
  }
}
