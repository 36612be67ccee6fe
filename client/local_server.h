// A server inside this process, for commands that need no other. Made by whoever may know the
// server: the client's library does not, so the program's main hands a factory down.
//
// Thread safety: the channel may be used from any thread.
// Lifetime: the server ends with the object; connections on its channel must not be used after.
#ifndef CELLAR_CLIENT_LOCAL_SERVER_H_
#define CELLAR_CLIENT_LOCAL_SERVER_H_

#include <grpcpp/channel.h>

#include <functional>
#include <memory>

#include "absl/status/statusor.h"

namespace cellar {

class LocalServer {
 public:
  virtual ~LocalServer() = default;

  // Reaches the server without any socket.
  virtual std::shared_ptr<grpc::Channel> channel() = 0;
};

// Starts one. Empty: this program has none.
using LocalServerFactory = std::function<absl::StatusOr<std::unique_ptr<LocalServer>>()>;

}  // namespace cellar

#endif  // CELLAR_CLIENT_LOCAL_SERVER_H_
