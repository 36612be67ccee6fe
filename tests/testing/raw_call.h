// A call of any method, with messages as bytes: what no client of ours would send can be sent too.
// Any method is, on the wire, some messages there and some back.
//
// Thread safety: belongs to one thread.
#ifndef CELLAR_TESTS_TESTING_RAW_CALL_H_
#define CELLAR_TESTS_TESTING_RAW_CALL_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"

namespace cellar {

class RawCall {
 public:
  // Of the method `path` ("/cellar.v1.SessionService/Step"), by who has `token`, if it is not
  // empty.
  RawCall(const std::shared_ptr<grpc::Channel>& channel, std::string path,
          const std::string& token = "")
      : channel_(channel), path_(std::move(path)) {
    if (!token.empty()) context_.AddMetadata("authorization", "bearer " + token);
    using grpc::internal::RpcMethod;
    call_.reset(
        grpc::internal::ClientReaderWriterFactory<grpc::ByteBuffer, grpc::ByteBuffer>::Create(
            channel_.get(), RpcMethod(path_.c_str(), RpcMethod::BIDI_STREAMING), &context_));
  }

  bool Write(const std::string& message) {
    const grpc::Slice slice(message);
    return call_->Write(grpc::ByteBuffer(&slice, 1));
  }

  // The next answer, if one comes.
  std::optional<std::string> Read() {
    grpc::ByteBuffer answer;
    if (!call_->Read(&answer)) return std::nullopt;
    grpc::Slice slice;
    if (!answer.DumpToSingleSlice(&slice).ok()) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }

  // Says that no message will come.
  void WritesDone() { call_->WritesDone(); }

  // Drops the answers that are left, and waits for the end.
  grpc::Status Finish() {
    while (Read().has_value()) {
    }
    return call_->Finish();
  }

  grpc::ClientContext& context() { return context_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string path_;  // gRPC keeps a pointer to it
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>> call_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_RAW_CALL_H_
