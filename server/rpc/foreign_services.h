// The door of the services that gRPC brings along (reflection, channelz): their handlers are not
// ours, so an interceptor looks at their calls first. Whoever may not call is told so with the code
// and message of an ordinary refusal, without details. Health is open.
//
// Thread safety: gRPC calls the methods, from any thread.
// Ownership: the authentication outlives the server.
#ifndef CELLAR_SERVER_RPC_FOREIGN_SERVICES_H_
#define CELLAR_SERVER_RPC_FOREIGN_SERVICES_H_

#include "grpcpp/support/server_interceptor.h"
#include "server/identity/authentication.h"

namespace cellar {

class ForeignServices final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit ForeignServices(const Authentication& authentication)
      : authentication_(authentication) {}

  // Nothing for calls of our own services, which see to it themselves, and for health.
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override;

 private:
  const Authentication& authentication_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_FOREIGN_SERVICES_H_
