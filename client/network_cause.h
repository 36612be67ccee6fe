// Why a server could not be reached, in a few words.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_NETWORK_CAUSE_H_
#define CELLAR_CLIENT_NETWORK_CAUSE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

// Three causes that TLS has: the other end hung up on who did not speak it, has a certificate of
// nobody known, or does not speak it itself.
inline constexpr char kSocketClosed[] = "Socket closed";
inline constexpr char kVerifyFailed[] = "certificate verify failed";
inline constexpr char kNoTls[] = "wrong version number";
// The name of a host is not known.
inline constexpr char kNoSuchName[] = "DNS resolution failed";

// Whether a call ended because no server was at the other end.
bool IsUnreachable(const absl::Status& status);

// The part of gRPC's long message that tells what the network answered: "Connection refused". The
// message on one line, if none of those that are known is in it.
std::string NetworkCause(absl::string_view message);

}  // namespace cellar

#endif  // CELLAR_CLIENT_NETWORK_CAUSE_H_
