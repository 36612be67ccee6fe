#include "server/rpc/raw_service.h"

#include "absl/strings/str_cat.h"
#include "grpcpp/impl/rpc_method.h"
#include "grpcpp/impl/rpc_service_method.h"

namespace cellar {
RawService::RawService(const google::protobuf::FileDescriptor& file) : service_(*file.service(0)) {
  paths_.reserve(service_.method_count());
  for (int i = 0; i < service_.method_count(); ++i) {
    const google::protobuf::MethodDescriptor& method = *service_.method(i);
    paths_.push_back(absl::StrCat("/", service_.full_name(), "/", method.name()));
    AddMethod(new grpc::internal::RpcServiceMethod(
        paths_.back().c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, nullptr));
    MarkMethodRaw(i);
  }
}

const google::protobuf::MethodDescriptor& RawService::Method(absl::string_view name) const {
  return *service_.FindMethodByName(std::string(name));
}

void RawService::Ask(const google::protobuf::MethodDescriptor& method, grpc::ServerContext* context,
                     grpc::internal::ServerAsyncStreamingInterface* stream,
                     grpc::ServerCompletionQueue* queue, void* tag) {
  RequestAsyncBidiStreaming(method.index(), context, stream, queue, queue, tag);
}

}  // namespace cellar
