#include "server/rpc/foreign_services.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "grpc/grpc.h"
#include "server/identity/method_roles.h"
#include "server/rpc/presented.h"
#include "server/rpc/status.h"

namespace cellar {
namespace {

// "grpc.channelz.v1.Channelz" of "/grpc.channelz.v1.Channelz/GetServers"
absl::string_view ServiceOf(absl::string_view path) {
  path.remove_prefix(1);
  return path.substr(0, path.find('/'));
}

class Door final : public grpc::experimental::Interceptor {
 public:
  Door(const Authentication& authentication, grpc::experimental::ServerRpcInfo& call)
      : authentication_(authentication), call_(call) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
      const absl::string_view service = ServiceOf(call_.method());
      const auto caller = authentication_.LetIn(PresentedBy(*call_.server_context()), service);
      if (RolesFor(service).empty()) {
        // As gRPC itself says it: tools that try one service after another wait for this code.
        Refuse(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, ""));
      } else if (!caller.ok()) {
        Refuse(ToGrpcStatus(caller.status()));
      }
    }
    methods->Proceed();
  }

 private:
  void Refuse(const grpc::Status& status) {
    grpc_call_cancel_with_status(call_.server_context()->c_call(),
                                 static_cast<grpc_status_code>(status.error_code()),
                                 status.error_message().c_str(), nullptr);
  }

  const Authentication& authentication_;
  grpc::experimental::ServerRpcInfo& call_;
};

}  // namespace

grpc::experimental::Interceptor* ForeignServices::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* call) {
  const absl::string_view path = call->method();
  if (absl::StartsWith(path, "/cellar.") || absl::StartsWith(path, "/grpc.health.")) {
    return nullptr;
  }
  return new Door(authentication_, *call);
}

}  // namespace cellar
