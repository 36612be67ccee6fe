// A bare gRPC server with Cellar's messages and none of its work: what the transport costs, to put
// beside what Cellar costs. StreamSteps is answered with the inputs as outputs.
//
//   cellar-echo --api async|callback|sync|hybrid --listen 127.0.0.1:0 --port-file FILE
//
// async: one completion queue, polled by one thread. callback: gRPC's own threads. sync: a thread
// for each stream. hybrid: streams on a completion queue, the other methods on gRPC's threads,
// health and reflection beside them as in cellar-server.
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "cellar/v1/session_service.grpc.pb.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"

namespace cellar {
namespace {

// An answer of the shape and length of Cellar's.
void Answer(const v1::StreamStepsRequest& request, v1::StreamStepsResponse& response) {
  if (request.has_open()) {
    response.mutable_opened()->set_session(request.open().session());
    return;
  }
  const v1::Tensor& inputs = request.step().inputs();
  v1::StepResponse& step = *response.mutable_step();
  const int64_t step_count = inputs.shape_size() > 0 ? inputs.shape(0) : 1;
  step.set_first_step(step.next_step());
  step.set_step_count(step_count);
  step.set_next_step(step.next_step() + step_count);
  *step.mutable_trace()->mutable_outputs() = inputs;
  if (step.state_digest().empty()) step.set_state_digest(std::string(64, '0'));
}

// ---- Completion queue ----

// One call, from the wait for it to its end. Reads, writes and repeats; the messages are reused.
template <class Service>
class AsyncCall {
 public:
  AsyncCall(Service& service, grpc::ServerCompletionQueue& queue)
      : service_(service), queue_(queue), stream_(&context_) {
    service_.RequestStreamSteps(&context_, &stream_, &queue_, &queue_, this);
  }

  void Proceed(bool ok) {
    switch (next_) {
      case Next::kAccept:
        if (!ok) return delete this;
        new AsyncCall(service_, queue_);
        return Read();
      case Next::kAnswer:
        if (!ok) return Finish();
        Answer(request_, response_);
        next_ = Next::kRead;
        return stream_.Write(response_, this);
      case Next::kRead:
        if (!ok) return Finish();
        return Read();
      case Next::kEnd:
        return delete this;
    }
  }

 private:
  enum class Next { kAccept, kRead, kAnswer, kEnd };

  void Read() {
    next_ = Next::kAnswer;
    stream_.Read(&request_, this);
  }

  void Finish() {
    next_ = Next::kEnd;
    stream_.Finish(grpc::Status::OK, this);
  }

  Service& service_;
  grpc::ServerCompletionQueue& queue_;
  grpc::ServerContext context_;
  grpc::ServerAsyncReaderWriter<v1::StreamStepsResponse, v1::StreamStepsRequest> stream_;
  v1::StreamStepsRequest request_;
  v1::StreamStepsResponse response_;
  Next next_ = Next::kAccept;
};

// ---- Callbacks ----

class Reactor : public grpc::ServerBidiReactor<v1::StreamStepsRequest, v1::StreamStepsResponse> {
 public:
  Reactor() { StartRead(&request_); }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    Answer(request_, response_);
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (ok) StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  v1::StreamStepsRequest request_;
  v1::StreamStepsResponse response_;
};

class CallbackEcho : public v1::SessionService::CallbackService {
 public:
  grpc::ServerBidiReactor<v1::StreamStepsRequest, v1::StreamStepsResponse>* StreamSteps(
      grpc::CallbackServerContext*) override {
    return new Reactor();
  }
};

// ---- Threads ----

class SyncEcho : public v1::SessionService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::StreamStepsResponse, v1::StreamStepsRequest>;

  grpc::Status StreamSteps(grpc::ServerContext*, Stream* stream) override {
    v1::StreamStepsRequest request;
    v1::StreamStepsResponse response;
    while (stream->Read(&request)) {
      Answer(request, response);
      if (!stream->Write(response)) break;
    }
    return grpc::Status::OK;
  }
};

// ---- Queue and callbacks ----

using HybridEcho = v1::SessionService::WithAsyncMethod_StreamSteps<
    v1::SessionService::WithCallbackMethod_Step<v1::SessionService::Service>>;

template <class Service>
void Poll(Service& service, grpc::ServerCompletionQueue& queue) {
  using Call = AsyncCall<Service>;
  new Call(service, queue);
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) static_cast<Call*>(tag)->Proceed(ok);
}

// Serves until the process is ended by a signal.
int Serve(const std::string& api, const std::string& address, const std::string& port_file) {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.SetMaxReceiveMessageSize(-1);
  v1::SessionService::AsyncService async;
  CallbackEcho callback;
  SyncEcho sync;
  HybridEcho hybrid;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  if (api == "async") {
    builder.RegisterService(&async);
    queue = builder.AddCompletionQueue();
  } else if (api == "hybrid") {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    builder.RegisterService(&hybrid);
    queue = builder.AddCompletionQueue();
  } else if (api == "sync") {
    builder.RegisterService(&sync);
  } else {
    builder.RegisterService(&callback);
  }
  const auto server = builder.BuildAndStart();
  if (server == nullptr) {
    std::cerr << "error: cannot listen on " << address << "\n";
    return 1;
  }
  const bool is_tcp = address.rfind("unix:", 0) != 0;
  std::ofstream(port_file) << (is_tcp ? address.substr(0, address.rfind(':') + 1) +
                                            std::to_string(port)
                                      : address)
                           << std::endl;
  if (queue == nullptr) {
    server->Wait();
    return 0;
  }
  if (api == "async") {
    Poll(async, *queue);
  } else {
    Poll(hybrid, *queue);
  }
  return 0;
}

}  // namespace
}  // namespace cellar

int main(int argc, char** argv) {
  std::string api = "async";
  std::string address = "127.0.0.1:0";
  std::string port_file;
  CLI::App app("A bare gRPC server that echoes steps");
  app.add_option("--api", api)->check(CLI::IsMember({"async", "callback", "sync", "hybrid"}));
  app.add_option("--listen", address, "host:port or unix:PATH");
  app.add_option("--port-file", port_file, "where to write the address")->required();
  CLI11_PARSE(app, argc, argv);
  return cellar::Serve(api, address, port_file);
}
