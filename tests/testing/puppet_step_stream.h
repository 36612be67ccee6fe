// Streams of steps without sessions: they note what they are asked and answer when the test says
// so. With a server that has no other method, for tests of what rpc/ does with them.
//
// Thread safety: all methods may be called from any thread.
#ifndef CELLAR_TESTS_TESTING_PUPPET_STEP_STREAM_H_
#define CELLAR_TESTS_TESTING_PUPPET_STEP_STREAM_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/create_channel.h"
#include "server/api/step_stream.h"
#include "server/rpc/admission.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/step_stream_reactor.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/queue_server.h"

namespace cellar {

class PuppetStepStream final : public StepStream {
 public:
  PuppetStepStream(Call call, std::function<void(absl::Status)> on_end)
      : call_(std::move(call)), on_end_(std::move(on_end)) {}

  void Open(const v1::StreamStepsRequest&, v1::StreamStepsResponse* response, Done done) override {
    response->mutable_opened()->set_session("puppet");
    Note({response, std::move(done)});
  }
  void Step(const v1::StreamStepsRequest& request, v1::StreamStepsResponse* response,
            Done done) override {
    // Time for somebody else to come in between, if that were possible.
    for (int i = 0; i < 10; ++i) std::this_thread::yield();
    response->mutable_step()->set_first_step(request.step().step_index());
    {
      absl::MutexLock lock(&mutex_);
      in_order_ = in_order_ && !closed_ && request.step().step_index() == messages_;
    }
    Note({response, std::move(done)});
  }
  void Close() override {
    absl::MutexLock lock(&mutex_);
    closed_ = true;
  }

  // Waits until this many messages were handed over since the beginning.
  void AwaitMessages(int64_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return messages_ >= count; };
    mutex_.Await(absl::Condition(&enough));
  }

  // Answers the oldest message. REQUIRES: there is one.
  void Answer(absl::Status status = absl::OkStatus()) {
    Asked asked;
    {
      absl::MutexLock lock(&mutex_);
      asked = std::move(asked_.front());
      asked_.pop_front();
    }
    asked.done(std::move(status));
  }

  // As the session would.
  void End(absl::Status status) { on_end_(std::move(status)); }

  // From now on every message is answered at once, with so many bytes.
  void AnswerByItself(size_t bytes) {
    absl::MutexLock lock(&mutex_);
    by_itself_ = true;
    answer_bytes_ = bytes;
  }

  int64_t messages() {
    absl::MutexLock lock(&mutex_);
    return messages_;
  }
  int64_t unanswered() {
    absl::MutexLock lock(&mutex_);
    return static_cast<int64_t>(asked_.size());
  }
  // Whether steps came one after another and before Close. They are numbered, from 1.
  bool in_order() {
    absl::MutexLock lock(&mutex_);
    return in_order_;
  }
  bool closed() {
    absl::MutexLock lock(&mutex_);
    return closed_;
  }
  bool cancelled() const { return call_.cancelled(); }

 private:
  struct Asked {
    v1::StreamStepsResponse* response = nullptr;
    Done done;
  };

  void Note(Asked asked) {
    {
      absl::MutexLock lock(&mutex_);
      ++messages_;
      if (!by_itself_) {
        asked_.push_back(std::move(asked));
        return;
      }
      asked.response->mutable_step()->set_state_digest(std::string(answer_bytes_, 'x'));
    }
    asked.done(absl::OkStatus());
  }

  const Call call_;
  const std::function<void(absl::Status)> on_end_;

  absl::Mutex mutex_;
  std::deque<Asked> asked_ ABSL_GUARDED_BY(mutex_);
  int64_t messages_ ABSL_GUARDED_BY(mutex_) = 0;
  bool by_itself_ ABSL_GUARDED_BY(mutex_) = false;
  size_t answer_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  bool in_order_ ABSL_GUARDED_BY(mutex_) = true;
};

// A server whose streams are puppets.
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

  // Drains, and waits until every call has ended.
  void AwaitEnd() {
    admission_.StartDraining();
    admission_.AwaitEmpty(absl::InfiniteDuration());
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
  Admission admission_;
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

#endif  // CELLAR_TESTS_TESTING_PUPPET_STEP_STREAM_H_
