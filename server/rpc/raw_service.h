// A service whose requests come as bytes (incoming.h), when they are asked for. What gRPC's
// generated classes do for each method by hand is done here for all methods of a service by its
// descriptor. All are streams to gRPC, whatever their clients take them for, which on the wire is
// the same: so a call is known before its request has come, if that ever comes.
//
// Thread safety: Ask may be called from any thread, once the server is built.
#ifndef CELLAR_SERVER_RPC_RAW_SERVICE_H_
#define CELLAR_SERVER_RPC_RAW_SERVICE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/server_context.h"
#include "server/rpc/call_queue.h"

namespace cellar {

class RawService : public grpc::Service {
 public:
  // The service of `file`, which has one, and lives as long as the program.
  explicit RawService(const google::protobuf::FileDescriptor& file);

  // REQUIRES: there is such a method ("Step").
  const google::protobuf::MethodDescriptor& Method(absl::string_view name) const;

  // Has `queue` told by `tag` of the next call of `method`, which `stream` and `context` will be
  // bound to.
  void Ask(const google::protobuf::MethodDescriptor& method, grpc::ServerContext* context,
           grpc::internal::ServerAsyncStreamingInterface* stream,
           grpc::ServerCompletionQueue* queue, void* tag);

 private:
  const google::protobuf::ServiceDescriptor& service_;
  std::vector<std::string> paths_;  // of the methods; gRPC keeps pointers into them
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_RAW_SERVICE_H_
