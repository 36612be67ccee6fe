// What a call on the wire says of who makes it, and which method it is of.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_RPC_PRESENTED_H_
#define CELLAR_SERVER_RPC_PRESENTED_H_

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/server_context.h"
#include "server/identity/authentication.h"

namespace cellar {

// The metadata `authorization` and `cellar-tenant`, and the names in a client certificate that was
// verified. Views of `context`.
Presented PresentedBy(const grpc::ServerContextBase& context);

// The full name of the method that takes `request` ("cellar.v1.SessionService.Step"): each of ours
// has a request of its own, in its service's file. Empty if there is none.
absl::string_view MethodTaking(const google::protobuf::Descriptor& request);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_PRESENTED_H_
