// Calls on a completion queue (wire.h) by what they answer: with one message at the end, or with
// many. Requests come as bytes, each when it is asked for, and be it the only one; answers are
// messages.
//
// Ownership: queue and service outlive the calls. What is read into lives until the reaction that
// tells the end of it; what is written is written down at once; a wire's own response lives as long
// as the wire.
#ifndef CELLAR_SERVER_RPC_WIRES_H_
#define CELLAR_SERVER_RPC_WIRES_H_

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "grpcpp/impl/codegen/proto_utils.h"
#include "grpcpp/support/async_stream.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/slice.h"
#include "server/rpc/incoming.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/wire.h"

namespace cellar {

// A message that has been asked for its ByteSizeLong since it was changed last, and is written down
// without being measured again (gRPC would do so twice).
template <class Message>
struct Measured {
  const Message& message;
};

// What all kinds have in common. `Self` is the kind.
template <class Self>
class ServedWire : public Wire {
 public:
  // Takes all calls of the method `name`, one after another, until the server is shut down; `begin`
  // makes what reacts to a new call. REQUIRES: the service has such a method, of this kind.
  static void Serve(CallQueue& queue, RawService& service, absl::string_view name,
                    std::function<Reactor*(Self& wire)> begin) {
    Await(queue,
          std::make_shared<const Method>(Method{service, service.Method(name), std::move(begin)}));
  }

 private:
  friend Self;

  struct Method {
    RawService& service;
    const google::protobuf::MethodDescriptor& kind;
    std::function<Reactor*(Self& wire)> begin;
  };
  using SharedMethod = std::shared_ptr<const Method>;

  ServedWire(CallQueue& queue, SharedMethod method) : Wire(queue), method_(std::move(method)) {}

  static void Await(CallQueue& queue, SharedMethod method) {
    (new Self(queue, std::move(method)))->Ask();
  }

  Reactor* Begin() final {
    Await(queue(), method_);
    return method_->begin(static_cast<Self&>(*this));
  }

  // What every Ask does: asks gRPC for a call.
  void AskGrpc(grpc::internal::ServerAsyncStreamingInterface* stream) {
    method_->service.Ask(method_->kind, &context(), stream, queue().queue(), BeginTag());
  }

  const SharedMethod method_;
};

// One response.
template <class Response>
class AnswerWire final : public ServedWire<AnswerWire<Response>> {
  using Base = ServedWire<AnswerWire>;

 public:
  Response* response() { return &response_; }

  void Finish(const grpc::Status& status) override {
    if (status.ok()) {
      const Response response = std::move(response_);  // not kept beside its bytes
      grpc_.Finish(response, status, this->FinishTag());
    } else {
      grpc_.FinishWithError(status, this->FinishTag());
    }
  }

 private:
  friend Base;
  using Base::Base;

  void Ask() { this->AskGrpc(&grpc_); }

  Response response_;
  grpc::ServerAsyncReader<Response, grpc::ByteBuffer> grpc_{&this->context()};
};

// As many responses as one likes.
template <class Response>
class StreamWire final : public ServedWire<StreamWire<Response>> {
  using Base = ServedWire<StreamWire>;

 public:
  // Writes and reads. One reaction tells of both, OnReadDone: not ok also if it cannot be written.
  // Until then nothing else is written; but the call may be finished. REQUIRES: something has been
  // written before.
  void WriteAndRead(const Measured<Response>& message, Incoming* next) {
    this->StartRead(&message, next);
  }
  void Write(const Response& message) {
    message.ByteSizeLong();
    Write(Measured<Response>{message});
  }
  void Write(const Measured<Response>& message) { grpc_.Write(message, this->WriteTag()); }
  // Writes the last one and ends the call with `status`.
  void WriteAndFinish(const Response& message, const grpc::Status& status) {
    message.ByteSizeLong();
    grpc_.WriteAndFinish(Measured<Response>{message}, grpc::WriteOptions(), status,
                         this->FinishTag());
  }
  void Finish(const grpc::Status& status) override { grpc_.Finish(status, this->FinishTag()); }

 private:
  friend Base;
  using Base::Base;

  void Ask() { this->AskGrpc(&grpc_); }

  grpc::ServerAsyncWriter<Measured<Response>> grpc_{&this->context()};
};

}  // namespace cellar

namespace grpc {

// How gRPC writes down what is measured.
template <class Message>
class SerializationTraits<cellar::Measured<Message>> {
 public:
  static Status Serialize(const cellar::Measured<Message>& measured, ByteBuffer* buffer,
                          bool* own_buffer) {
    const Message& message = measured.message;
    const auto bytes = static_cast<size_t>(message.GetCachedSize());
    assert(bytes == message.ByteSizeLong());
    Slice written(bytes);
    message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(written.begin()));
    ByteBuffer whole(&written, 1);
    buffer->Swap(&whole);
    *own_buffer = true;
    return Status::OK;
  }
};

}  // namespace grpc

#endif  // CELLAR_SERVER_RPC_WIRES_H_
