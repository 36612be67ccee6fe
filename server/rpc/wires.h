// The four kinds of methods on a completion queue (wire.h). Whoever uses them includes the
// generated code of the service.
//
// Ownership: queue and service outlive the calls. Messages that are handed over live until the
// reaction that tells the end of it; a wire's own request and response as long as the wire.
#ifndef CELLAR_SERVER_RPC_WIRES_H_
#define CELLAR_SERVER_RPC_WIRES_H_

#include <functional>
#include <memory>
#include <utility>

#include "grpcpp/support/async_stream.h"
#include "grpcpp/support/async_unary_call.h"
#include "server/rpc/wire.h"

namespace cellar {

// What all kinds have in common. `Self` is the kind.
template <class Self>
class ServedWire : public Wire {
 public:
  // Takes all calls of a method, one after another, until the server is shut down. `ask` is the
  // generated RequestMETHOD of the service; `begin` makes what reacts to a new call.
  template <class Service, class Ask>
  static void Serve(CallQueue& queue, Service& service, Ask ask,
                    std::function<Reactor*(Self& wire)> begin) {
    const auto ask_for = [&service, ask](Self& wire) { wire.Ask(service, ask); };
    Await(queue, std::make_shared<const Method>(Method{ask_for, std::move(begin)}));
  }

 private:
  friend Self;

  struct Method {
    std::function<void(Self& wire)> ask;
    std::function<Reactor*(Self& wire)> begin;
  };
  using SharedMethod = std::shared_ptr<const Method>;

  ServedWire(CallQueue& queue, SharedMethod method) : Wire(queue), method_(std::move(method)) {}

  static void Await(CallQueue& queue, SharedMethod method) {
    Self* const wire = new Self(queue, method);
    method->ask(*wire);
  }

  Reactor* Begin() final {
    Await(queue(), method_);
    return method_->begin(static_cast<Self&>(*this));
  }

  // What every Ask does; `where` is what gRPC reads the request into, if there is one, and writes
  // to.
  template <class Service, class Ask, class... Where>
  void AskGrpc(Service& service, Ask ask, Where*... where) {
    grpc::ServerCompletionQueue* const grpc_queue = queue().queue();
    (service.*ask)(&context(), where..., grpc_queue, grpc_queue, BeginTag());
  }

  // Finish of the kinds that have one response.
  template <class Writer, class Response>
  void Answer(Writer& writer, const Response& response, const grpc::Status& status) {
    if (status.ok()) {
      writer.Finish(response, status, FinishTag());
    } else {
      writer.FinishWithError(status, FinishTag());
    }
  }

  const SharedMethod method_;
};

// One request, one response.
template <class Request, class Response>
class UnaryWire final : public ServedWire<UnaryWire<Request, Response>> {
  using Base = ServedWire<UnaryWire>;

 public:
  const Request& request() const { return request_; }
  Response* response() { return &response_; }

  void Finish(const grpc::Status& status) override { this->Answer(grpc_, response_, status); }

 private:
  friend Base;
  using Base::Base;

  template <class Service, class Method>
  void Ask(Service& service, Method ask) {
    this->AskGrpc(service, ask, &request_, &grpc_);
  }

  Request request_;
  Response response_;
  grpc::ServerAsyncResponseWriter<Response> grpc_{&this->context()};
};

// Many requests, one response.
template <class Request, class Response>
class UploadWire final : public ServedWire<UploadWire<Request, Response>> {
  using Base = ServedWire<UploadWire>;

 public:
  Response* response() { return &response_; }

  void Read(Request* message) { grpc_.Read(message, this->ReadTag()); }

  void Finish(const grpc::Status& status) override { this->Answer(grpc_, response_, status); }

 private:
  friend Base;
  using Base::Base;

  template <class Service, class Method>
  void Ask(Service& service, Method ask) {
    this->AskGrpc(service, ask, &grpc_);
  }

  Response response_;
  grpc::ServerAsyncReader<Response, Request> grpc_{&this->context()};
};

// One request, many responses.
template <class Request, class Response>
class DownloadWire final : public ServedWire<DownloadWire<Request, Response>> {
  using Base = ServedWire<DownloadWire>;

 public:
  const Request& request() const { return request_; }

  void Write(const Response& message) { grpc_.Write(message, this->WriteTag()); }
  // Writes the last one and ends the call with `status`.
  void WriteAndFinish(const Response& message, const grpc::Status& status) {
    grpc_.WriteAndFinish(message, grpc::WriteOptions(), status, this->FinishTag());
  }
  void Finish(const grpc::Status& status) override { grpc_.Finish(status, this->FinishTag()); }

 private:
  friend Base;
  using Base::Base;

  template <class Service, class Method>
  void Ask(Service& service, Method ask) {
    this->AskGrpc(service, ask, &request_, &grpc_);
  }

  Request request_;
  grpc::ServerAsyncWriter<Response> grpc_{&this->context()};
};

// Requests and responses as they come.
template <class Request, class Response>
class DuplexWire final : public ServedWire<DuplexWire<Request, Response>> {
  using Base = ServedWire<DuplexWire>;

 public:
  void Read(Request* message) { grpc_.Read(message, this->ReadTag()); }
  void Write(const Response& message) { grpc_.Write(message, this->WriteTag()); }
  void Finish(const grpc::Status& status) override { grpc_.Finish(status, this->FinishTag()); }

 private:
  friend Base;
  using Base::Base;

  template <class Service, class Method>
  void Ask(Service& service, Method ask) {
    this->AskGrpc(service, ask, &grpc_);
  }

  grpc::ServerAsyncReaderWriter<Response, Request> grpc_{&this->context()};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_WIRES_H_
