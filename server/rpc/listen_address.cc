#include "server/rpc/listen_address.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace cellar {
namespace {

constexpr absl::string_view kUnix = "unix:";

// The longest path a socket address holds, its terminating zero included.
constexpr size_t kPathRoom = sizeof(sockaddr_un::sun_path);

struct HostAndPort {
  absl::string_view host;  // brackets included
  absl::string_view port;
};

// Cuts at the last colon; "::1" and the like have no brackets and so no port.
HostAndPort Split(absl::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == absl::string_view::npos) return {address, ""};
  return {address.substr(0, colon), address.substr(colon + 1)};
}

absl::Status Wrong(absl::string_view address, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", address, "': ", why,
                   "; write host:port, for example 127.0.0.1:50051 or [::1]:0, or unix:/path"));
}

}  // namespace

absl::Status CheckListenAddress(absl::string_view address) {
  if (absl::StartsWith(address, kUnix)) {
    const size_t path_bytes = address.size() - kUnix.size();
    if (path_bytes == 0) return Wrong(address, "the path is missing");
    if (path_bytes >= kPathRoom) {
      return Wrong(address, absl::StrCat("the path has ", path_bytes, " bytes, at most ",
                                         kPathRoom - 1, " are possible"));
    }
    return absl::OkStatus();
  }
  const auto [host, port] = Split(address);
  const bool bracketed = absl::StartsWith(host, "[") && absl::EndsWith(host, "]");
  if (host.empty() || host == "[]") return Wrong(address, "the host is missing");
  if (!bracketed && absl::StrContains(host, ":")) {
    return Wrong(address, "an IPv6 address needs brackets, and a port after them");
  }
  if (absl::StrContains(host, "/")) return Wrong(address, "this is not a host");
  int number = -1;
  if (!absl::SimpleAtoi(port, &number) || number < 0 || number > 65535) {
    return Wrong(address, "the port must be 0 (any) to 65535");
  }
  return absl::OkStatus();
}

bool IsUnixSocket(absl::string_view address) { return absl::StartsWith(address, kUnix); }

bool IsLocal(absl::string_view address) {
  if (IsUnixSocket(address)) return true;
  const absl::string_view host = Split(address).host;
  // A name may begin like an address: "127.example.org" is wherever its owner says.
  const bool numeric = std::all_of(
      host.begin(), host.end(), [](unsigned char c) { return absl::ascii_isdigit(c) || c == '.'; });
  return host == "localhost" || host == "[::1]" || (numeric && absl::StartsWith(host, "127."));
}

std::string WithPort(absl::string_view address, int port) {
  if (absl::StartsWith(address, kUnix)) return std::string(address);
  return absl::StrCat(Split(address).host, ":", port);
}

bool IsUnixSocketInUse(absl::string_view address) {
  if (!absl::ConsumePrefix(&address, kUnix) || address.size() >= kPathRoom) return false;
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, address.data(), address.size());
  const int socket_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket_fd < 0) return false;
  const bool answered =
      connect(socket_fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) == 0;
  close(socket_fd);
  return answered;
}

}  // namespace cellar
