// Where a server listens: "127.0.0.1:50051", "[::1]:0", "localhost:50051", "unix:/path".
//
// Thread safety: pure functions, but for IsUnixSocketInUse.
#ifndef CELLAR_SERVER_RPC_LISTEN_ADDRESS_H_
#define CELLAR_SERVER_RPC_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

// Whether `address` has one of the forms above. Errors: INVALID_ARGUMENT, telling what is wrong.
absl::Status CheckListenAddress(absl::string_view address);

// Whether only this machine can reach it: a unix socket, 127.0.0.0/8, ::1 or localhost.
// REQUIRES: CheckListenAddress gives OK.
bool IsLocal(absl::string_view address);

// Whether it is a unix socket. REQUIRES: as IsLocal.
bool IsUnixSocket(absl::string_view address);

// `address` with its port replaced, as a client would write it; a unix socket's is unchanged.
// REQUIRES: as IsLocal.
std::string WithPort(absl::string_view address, int port);

// Whether somebody answers on the unix socket `address`; false for other addresses. (gRPC would
// take the path away from a running server.)
bool IsUnixSocketInUse(absl::string_view address);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_LISTEN_ADDRESS_H_
