// A server whose streams of steps are puppets, and that has no other method: for tests of what rpc/
// does with them.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_PUPPET_STREAM_SERVER_H_
#define CELLAR_TESTS_TESTING_PUPPET_STREAM_SERVER_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "server/api/step_stream.h"
#include "server/base/log.h"
#include "server/base/metrics.h"
#include "server/identity/authentication.h"
#include "server/identity/identities.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_book.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/step_stream_reactor.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/puppet_step_stream.h"
#include "tests/testing/queue_server.h"

namespace cellar {

class PuppetStreamServer {
 public:
  explicit PuppetStreamServer(StepStreamFlow::Limits limits = {}) : limits_(limits) {
    // A client that takes no more than it reads: gRPC's own would let megabytes come ahead.
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 64 * 1024);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    stub_ = v1::SessionService::NewStub(grpc::CreateCustomChannel(
        server_.address(), grpc::InsecureChannelCredentials(), arguments));
  }

  v1::SessionService::Stub& stub() { return *stub_; }
  Admission& admission() { return admission_; }
  Api& api() { return fixture_.api(); }
  FakeClock& clock() { return fixture_.clock(); }

  // Drains, and waits until every call has ended.
  void AwaitEnd() {
    admission_.StartDraining();
    admission_.AwaitEmpty(absl::InfiniteDuration());
  }

  // Ends the server, once every call has; cancels them.
  void Shutdown() { server_.Shutdown(); }

  // Waits until a call has ended. Tells the code that is booked for it.
  std::string AwaitBookedCode() {
    std::vector<MetricSample> ended = book_.Ended();
    for (; ended.empty(); ended = book_.Ended()) std::this_thread::yield();
    return ended[0].labels[1].second;
  }

  // No stream is made any more, because of `status`.
  void Refuse(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    refusal_ = std::move(status);
  }

  // Waits for the `index`th stream.
  std::shared_ptr<PuppetStepStream> AwaitStream(size_t index = 0) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return streams_.size() > index; };
    mutex_.Await(absl::Condition(&there));
    return streams_[index];
  }

 private:
  Reactor* Begin(StepStreamWire& wire) {
    return StepStreamReactor::Start(wire, fixture_.api(), admission_, limits_,
                                    [this](Call call, std::function<void(absl::Status)> on_end)
                                        -> absl::StatusOr<std::shared_ptr<StepStream>> {
                                      auto stream = std::make_shared<PuppetStepStream>(
                                          std::move(call), std::move(on_end));
                                      absl::MutexLock lock(&mutex_);
                                      if (!refusal_.ok()) return refusal_;
                                      streams_.push_back(stream);
                                      return stream;
                                    });
  }

  const StepStreamFlow::Limits limits_;
  ApiFixture fixture_;
  Log log_{LogLevel::kDebug, fixture_.clock(), [](const std::string&) {}};
  CallBook book_{fixture_.api().counts, log_, fixture_.clock(), "e1"};
  Identities identities_{""};
  const Authentication authentication_{identities_, fixture_.clock()};
  Admission admission_{authentication_, &book_};
  absl::Mutex mutex_;
  std::deque<std::shared_ptr<PuppetStepStream>> streams_ ABSL_GUARDED_BY(mutex_);
  absl::Status refusal_ ABSL_GUARDED_BY(mutex_);
  RawService service_{*v1::StreamStepsRequest::descriptor()->file()};
  QueueServer server_{service_, [this](CallQueue& queue) {
                        StepStreamWire::Serve(queue, service_, "StreamSteps",
                                              [this](StepStreamWire& wire) { return Begin(wire); });
                      }};
  std::unique_ptr<v1::SessionService::Stub> stub_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_PUPPET_STREAM_SERVER_H_
