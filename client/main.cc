// The `cellar` program: see client/commands for what it does. Its commands speak to a server over
// gRPC and know nothing else of it; this file alone also knows the server itself, to start one
// inside the process for those who have none (server/decisions/2026-11-25-server-in-the-client.md).
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/commands/program.h"
#include "client/local_server.h"
#include "server/base/clock.h"
#include "server/build_info.h"
#include "server/environment.h"
#include "server/options.h"

namespace {

class WholeServer : public cellar::LocalServer {
 public:
  explicit WholeServer(std::unique_ptr<cellar::Environment> environment)
      : environment_(std::move(environment)) {}

  std::shared_ptr<grpc::Channel> channel() override {
    return environment_->server().InProcessChannel();
  }

 private:
  const std::unique_ptr<cellar::Environment> environment_;
};

absl::StatusOr<std::unique_ptr<cellar::LocalServer>> StartServer() {
  cellar::Options options;
  options.server.listen.clear();  // nobody else reaches it
  auto environment = cellar::Environment::Create(options, cellar::SystemClock());
  if (!environment.ok()) return environment.status();
  return std::make_unique<WholeServer>(*std::move(environment));
}

}  // namespace

int main(int argc, char** argv) {
  // gRPC's own log would mix with the errors told here. May still be asked for from outside.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  std::ios::sync_with_stdio(false);
  return cellar::RunProgram(std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr,
                            StartServer, cellar::BuildText("cellar"));
}
