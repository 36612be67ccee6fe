// A session service in the test's own process: one session whose output is the sum of its inputs so
// far, with the step indices of the real one, and calls that fail when the test says so.
//
// Longer than a header should be: it is a whole server, and what can go wrong with one.
//
// Thread safety: thread-safe; faults are given before the calls that they are for.
#ifndef CELLAR_TESTS_CLIENT_FAKE_SESSION_SERVICE_H_
#define CELLAR_TESTS_CLIENT_FAKE_SESSION_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace cellar {

// A status as Cellar's server makes it: with a reason.
inline grpc::Status CellarStatus(grpc::StatusCode code, const std::string& reason,
                                 const std::string& message = "refused",
                                 const std::map<std::string, std::string>& metadata = {}) {
  google::rpc::ErrorInfo info;
  info.set_domain("cellar");
  info.set_reason(reason);
  info.mutable_metadata()->insert(metadata.begin(), metadata.end());
  google::rpc::Status rich;
  rich.set_code(code);
  rich.add_details()->PackFrom(info);
  return grpc::Status(code, message, rich.SerializeAsString());
}

// How one stream ends: with `status`, in the place of the answer to one of its messages.
struct StreamFault {
  int after_steps = 0;     // this many steps are answered before; -1: not even `open` is
  bool apply_one = false;  // whether one more step is made, and its answer lost
  grpc::Status status{};
  int lost_steps = 0;        // so many of the steps made are forgotten after that, by a crash
  int taken_back_steps = 0;  // the same, but by somebody's rewind
};

class FakeSessionService : public v1::SessionService::Service {
 public:
  using Stream = grpc::ServerReaderWriter<v1::StreamStepsResponse, v1::StreamStepsRequest>;

  // The next streams end so, one after the other; those after them are well.
  void FailStreams(std::deque<StreamFault> faults) {
    absl::MutexLock lock(&mu_);
    faults_ = std::move(faults);
  }

  // What the next GetSession and Step calls answer; OK ones go through.
  void FailCalls(std::deque<grpc::Status> statuses) {
    absl::MutexLock lock(&mu_);
    statuses_ = std::move(statuses);
  }

  std::vector<double> inputs() const {  // of all steps made, in order
    absl::MutexLock lock(&mu_);
    return inputs_;
  }
  // Forgets the last steps, as a server does that comes back from a crash.
  void LoseSteps(int count) {
    TakeBackSteps(count);
    absl::MutexLock lock(&mu_);
    ++epoch_;
  }

  // Forgets the last steps, as a rewind does.
  void TakeBackSteps(int count) {
    absl::MutexLock lock(&mu_);
    inputs_.resize(inputs_.size() - static_cast<size_t>(count));
  }

  // What is answered as durable_step, from now on; no more than the next step.
  void SetDurableStep(int64_t durable_step) {
    absl::MutexLock lock(&mu_);
    durable_step_ = durable_step;
  }

  // Adds to every state from now on, as a server that computes otherwise than it did.
  void SetDrift(double drift) {
    absl::MutexLock lock(&mu_);
    drift_ = drift;
  }

  int stream_count() const {
    absl::MutexLock lock(&mu_);
    return stream_count_;
  }
  int call_count() const {
    absl::MutexLock lock(&mu_);
    return call_count_;
  }

  grpc::Status GetSession(grpc::ServerContext* /*context*/, const v1::GetSessionRequest* request,
                          v1::GetSessionResponse* response) override {
    absl::MutexLock lock(&mu_);
    const grpc::Status status = TakeStatus();
    response->mutable_session()->set_name(request->name());
    response->mutable_session()->set_next_step(NextStep());
    response->mutable_session()->set_replay_window(4);
    return status;
  }

  grpc::Status Step(grpc::ServerContext* /*context*/, const v1::StepRequest* request,
                    v1::StepResponse* response) override {
    absl::MutexLock lock(&mu_);
    const grpc::Status status = TakeStatus();
    if (!status.ok()) return status;
    int64_t index = request->has_step_index() ? request->step_index() : NextStep();
    return Apply(request->inputs(), index, *response);
  }

  grpc::Status StreamSteps(grpc::ServerContext* /*context*/, Stream* stream) override {
    const StreamFault fault = TakeFault();
    const bool faulty = !fault.status.ok();
    v1::StreamStepsRequest request;
    if (!stream->Read(&request) || !request.has_open()) {
      return CellarStatus(grpc::StatusCode::INVALID_ARGUMENT, "BAD_REQUEST");
    }
    if (faulty && fault.after_steps < 0) return fault.status;
    int64_t index = Open(request.open(), stream);
    for (int answered = 0;; ++answered) {
      const bool ends = faulty && answered == fault.after_steps;
      if (ends && !fault.apply_one) return End(fault);
      if (!stream->Read(&request)) return grpc::Status::OK;
      v1::StreamStepsResponse response;
      const grpc::Status status = ApplyLocked(request.step().inputs(), index, response);
      if (!status.ok()) return status;
      if (ends) return End(fault);
      stream->Write(response);
    }
  }

 private:
  grpc::Status End(const StreamFault& fault) {
    if (fault.lost_steps > 0) LoseSteps(fault.lost_steps);
    TakeBackSteps(fault.taken_back_steps);
    return fault.status;
  }

  StreamFault TakeFault() {
    absl::MutexLock lock(&mu_);
    ++stream_count_;
    if (faults_.empty()) return {};
    StreamFault fault = faults_.front();
    faults_.pop_front();
    return fault;
  }

  grpc::Status TakeStatus() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    ++call_count_;
    if (statuses_.empty()) return grpc::Status::OK;
    const grpc::Status status = statuses_.front();
    statuses_.pop_front();
    return status;
  }

  int64_t NextStep() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return static_cast<int64_t>(inputs_.size());
  }

  // Answers `opened`; returns the index of the first step to come.
  int64_t Open(const v1::StreamStepsOpen& open, Stream* stream) {
    v1::StreamStepsResponse response;
    int64_t next_step = 0;
    {
      absl::MutexLock lock(&mu_);
      next_step = NextStep();
      response.mutable_opened()->set_server_epoch(std::to_string(epoch_));
    }
    response.mutable_opened()->set_session(open.session());
    response.mutable_opened()->set_next_step(next_step);
    stream->Write(response);
    return open.has_resume_from() ? open.resume_from() : next_step;
  }

  grpc::Status ApplyLocked(const v1::Tensor& inputs, int64_t& index,
                           v1::StreamStepsResponse& response) {
    absl::MutexLock lock(&mu_);
    return Apply(inputs, index, *response.mutable_step());
  }

  // Makes, or answers again, the step at `index`, and moves it on.
  grpc::Status Apply(const v1::Tensor& inputs, int64_t& index, v1::StepResponse& response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    if (index > NextStep()) {
      return CellarStatus(
          grpc::StatusCode::OUT_OF_RANGE, "STEP_GAP", "lies beyond",
          {{"next_step", std::to_string(NextStep())}, {"server_epoch", std::to_string(epoch_)}});
    }
    response.set_first_step(index);
    response.set_step_count(inputs.values_size());
    for (const double input : inputs.values()) {
      const auto at = static_cast<size_t>(index++);
      if (at == inputs_.size()) inputs_.push_back(input);
      if (inputs_[at] != input) return CellarStatus(grpc::StatusCode::ABORTED, "STEP_CONFLICT");
    }
    double sum = drift_;
    for (int64_t i = 0; i < index; ++i) sum += inputs_[static_cast<size_t>(i)];
    v1::Tensor& outputs = *response.mutable_trace()->mutable_outputs();
    outputs.add_shape(1);
    outputs.add_shape(1);
    outputs.add_values(sum);
    response.set_next_step(NextStep());
    response.set_durable_step(std::min(durable_step_, NextStep()));
    response.set_state_digest(std::to_string(sum));
    return grpc::Status::OK;
  }

  mutable absl::Mutex mu_;
  std::vector<double> inputs_ ABSL_GUARDED_BY(mu_);
  std::deque<StreamFault> faults_ ABSL_GUARDED_BY(mu_);
  std::deque<grpc::Status> statuses_ ABSL_GUARDED_BY(mu_);
  int64_t durable_step_ ABSL_GUARDED_BY(mu_) = 0;
  double drift_ ABSL_GUARDED_BY(mu_) = 0;
  int epoch_ ABSL_GUARDED_BY(mu_) = 1;
  int stream_count_ ABSL_GUARDED_BY(mu_) = 0;
  int call_count_ ABSL_GUARDED_BY(mu_) = 0;
};

// The service on a connection within the process.
struct FakeServer {
  FakeServer() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service);
    server = builder.BuildAndStart();
    channel = server->InProcessChannel(grpc::ChannelArguments());
  }
  ~FakeServer() { server->Shutdown(std::chrono::system_clock::now()); }

  FakeSessionService service;
  std::unique_ptr<grpc::Server> server;
  std::shared_ptr<grpc::Channel> channel;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_CLIENT_FAKE_SESSION_SERVICE_H_
