#include "server/rpc/raw_service.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/impl/rpc_service_method.h"

namespace cellar {
namespace {

grpc::internal::RpcMethod::RpcType KindOf(const google::protobuf::MethodDescriptor& method) {
  using grpc::internal::RpcMethod;
  if (method.client_streaming()) {
    return method.server_streaming() ? RpcMethod::BIDI_STREAMING : RpcMethod::CLIENT_STREAMING;
  }
  return method.server_streaming() ? RpcMethod::SERVER_STREAMING : RpcMethod::NORMAL_RPC;
}

}  // namespace

RawService::RawService(const google::protobuf::FileDescriptor& file) : service_(*file.service(0)) {
  paths_.reserve(service_.method_count());
  for (int i = 0; i < service_.method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service_.method(i);
    paths_.push_back(absl::StrCat("/", service_.full_name(), "/", method.name()));
    AddMethod(new grpc::internal::RpcServiceMethod(paths_.back().c_str(), KindOf(method), nullptr));
    MarkMethodRaw(i);
  }
}

const google::protobuf::MethodDescriptor& RawService::Method(absl::string_view name) const {
  return *service_.FindMethodByName(std::string(name));
}

void RawService::Ask(const google::protobuf::MethodDescriptor& method, grpc::ServerContext* context,
                     Incoming* request, grpc::internal::ServerAsyncStreamingInterface* stream,
                     grpc::ServerCompletionQueue* queue, void* tag) {
  // gRPC asks in the same way for all kinds of methods whose client sends one message, and for all
  // others.
  if (request != nullptr) {
    RequestAsyncUnary(method.index(), context, request->buffer(), stream, queue, queue, tag);
  } else {
    RequestAsyncBidiStreaming(method.index(), context, stream, queue, queue, tag);
  }
}

}  // namespace cellar
