// A server of one service whose calls come on a queue.
//
// Thread safety: belongs to one thread.
// Ownership: the service outlives it.
#ifndef CELLAR_TESTS_TESTING_QUEUE_SERVER_H_
#define CELLAR_TESTS_TESTING_QUEUE_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "grpc/support/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/server.h"
#include "grpcpp/server_builder.h"
#include "server/rpc/call_queue.h"

namespace cellar {

class QueueServer {
 public:
  // `serve` has the methods of the service taken.
  QueueServer(grpc::Service& service, const std::function<void(CallQueue&)>& serve) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service);
    queue_ = std::make_unique<CallQueue>(builder);
    server_ = builder.BuildAndStart();
    serve(*queue_);
    queue_->Start();
  }
  ~QueueServer() { Shutdown(); }

  // Ends, once every call has; cancels them.
  void Shutdown() {
    server_->Shutdown(gpr_time_0(GPR_TIMESPAN));
    queue_->Stop();
  }

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }
  std::shared_ptr<grpc::Channel> InProcessChannel() { return server_->InProcessChannel({}); }

 private:
  int port_ = 0;
  std::unique_ptr<CallQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_QUEUE_SERVER_H_
