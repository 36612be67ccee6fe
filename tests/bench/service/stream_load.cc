#include "tests/bench/service/stream_load.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <utility>

#include "absl/strings/str_cat.h"
#include "grpcpp/grpcpp.h"

namespace cellar {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Instant = SteadyClock::time_point;

int64_t NanosBetween(Instant from, Instant to) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(to - from).count();
}

v1::StreamStepsRequest StepMessage(const LoadOptions& options) {
  v1::StreamStepsRequest request;
  *request.mutable_step()->mutable_inputs() = RampInputs(options);
  return request;
}

struct Stream;

// What a completed operation was; its address is the tag.
struct Operation {
  enum Kind { kStart, kWrite, kRead, kFinish };
  Stream* stream = nullptr;
  Kind kind = kStart;
};

struct Stream {
  explicit Stream(std::string name) : session(std::move(name)) {}

  const std::string session;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::StreamStepsRequest, v1::StreamStepsResponse>>
      rpc;
  v1::StreamStepsResponse answer;
  grpc::Status status;
  Operation start{this, Operation::kStart};
  Operation write{this, Operation::kWrite};
  Operation read{this, Operation::kRead};
  Operation finish{this, Operation::kFinish};
  Instant due;           // of the message that waits for its answer
  bool writing = false;  // a write has not completed
  bool waiting = false;  // for an answer
  bool finishing = false;
};

class Load {
 public:
  Load(const std::shared_ptr<grpc::Channel>& channel, const LoadOptions& options, int server_pid)
      : options_(options),
        server_pid_(server_pid),
        stub_(v1::SessionService::NewStub(channel)),
        message_(StepMessage(options)) {
    for (const std::string& session : options.sessions) {
      streams_.push_back(std::make_unique<Stream>(session));
    }
  }

  absl::StatusOr<LoadResult> Run() {
    const ProcessUsage without_streams = UsageOf(server_pid_);
    for (const auto& stream : streams_) {
      if (!options_.token.empty()) {
        stream->context.AddMetadata("authorization", "Bearer " + options_.token);
      }
      stream->rpc = stub_->PrepareAsyncStreamSteps(&stream->context, &queue_);
      stream->rpc->StartCall(&stream->start);
    }
    const Instant begin = SteadyClock::now();
    next_due_ = begin;
    const Instant measured = begin + absl::ToChronoNanoseconds(options_.warm_up);
    Pump(measured);
    result_ = {};
    const ProcessUsage client_before = OwnUsage();
    const ProcessUsage server_before = UsageOf(server_pid_);
    Pump(measured + absl::ToChronoNanoseconds(options_.duration));
    result_.seconds = 1e-9 * static_cast<double>(NanosBetween(measured, SteadyClock::now()));
    const ProcessUsage server_after = UsageOf(server_pid_);
    result_.Count(client_before, OwnUsage(), server_before, server_after);
    result_.server_stream_bytes = server_after.resident_bytes - without_streams.resident_bytes;
    Stop();
    if (!failure_.ok()) return failure_;
    return result_;
  }

 private:
  bool is_open_loop() const { return options_.messages_per_second > 0; }

  // Handles what completes, and sends what is due, until `end` or a failure.
  void Pump(Instant end) {
    while (failure_.ok()) {
      const Instant now = SteadyClock::now();
      if (now >= end) return;
      if (is_open_loop()) SendWhatIsDue(now);
      const Instant due = is_open_loop() ? std::min(end, next_due_) : end;
      const Instant until = options_.poll ? now : due;
      const auto wait = std::chrono::duration_cast<std::chrono::nanoseconds>(until - now);
      void* tag = nullptr;
      bool ok = false;
      const auto next = queue_.AsyncNext(
          &tag, &ok,
          gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                       gpr_time_from_nanos(std::max<int64_t>(0, wait.count()), GPR_TIMESPAN)));
      if (next == grpc::CompletionQueue::GOT_EVENT) Handle(*static_cast<Operation*>(tag), ok);
    }
  }

  void SendWhatIsDue(Instant now) {
    const auto interval =
        std::chrono::nanoseconds(static_cast<int64_t>(1e9 / options_.messages_per_second));
    while (next_due_ <= now) {
      overdue_.push_back(next_due_);
      next_due_ += interval;
    }
    while (!overdue_.empty() && !idle_.empty()) {
      Stream& stream = *idle_.front();
      idle_.pop_front();
      Send(stream, overdue_.front());
      overdue_.pop_front();
    }
  }

  void Send(Stream& stream, Instant due) {
    stream.due = due;
    stream.writing = true;
    stream.waiting = true;
    stream.rpc->Write(message_, &stream.write);
    stream.rpc->Read(&stream.answer, &stream.read);
  }

  void Handle(const Operation& operation, bool ok) {
    Stream& stream = *operation.stream;
    if (operation.kind == Operation::kFinish) {
      failure_ = absl::UnavailableError(
          absl::StrCat(stream.session, " ended: ", stream.status.error_message()));
      return;
    }
    if (!ok) {
      // The call is over; one Finish tells why.
      if (!std::exchange(stream.finishing, true)) {
        stream.rpc->Finish(&stream.status, &stream.finish);
      }
      return;
    }
    switch (operation.kind) {
      case Operation::kStart:
        return Open(stream);
      case Operation::kWrite:
        stream.writing = false;
        break;
      case Operation::kRead:
        TakeAnswer(stream);
        break;
      case Operation::kFinish:
        return;
    }
    if (!stream.writing && !stream.waiting && !stopping_) SendNext(stream);
  }

  void Open(Stream& stream) {
    v1::StreamStepsRequest open;
    open.mutable_open()->set_session(stream.session);
    open.mutable_open()->set_view(v1::VIEW_OUTPUT);
    open.mutable_open()->set_encoding(v1::ENCODING_RAW);
    stream.writing = true;
    stream.waiting = true;
    stream.rpc->Write(open, &stream.write);
    stream.rpc->Read(&stream.answer, &stream.read);
  }

  void TakeAnswer(Stream& stream) {
    stream.waiting = false;
    if (!stream.answer.has_step()) return;  // the stream stands
    result_.latencies.Record(NanosBetween(stream.due, SteadyClock::now()));
  }

  void SendNext(Stream& stream) {
    if (is_open_loop()) {
      idle_.push_back(&stream);
    } else {
      Send(stream, SteadyClock::now());
    }
  }

  // Cancels all streams and drains the queue.
  void Stop() {
    stopping_ = true;
    for (const auto& stream : streams_) stream->context.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  const LoadOptions& options_;
  const int server_pid_;
  const std::unique_ptr<v1::SessionService::Stub> stub_;
  const v1::StreamStepsRequest message_;
  grpc::CompletionQueue queue_;
  std::vector<std::unique_ptr<Stream>> streams_;
  std::deque<Stream*> idle_;     // open loop: streams without a message under way
  std::deque<Instant> overdue_;  // open loop: messages that found no idle stream
  Instant next_due_;
  LoadResult result_;
  absl::Status failure_;
  bool stopping_ = false;
};

}  // namespace

v1::Tensor RampInputs(const LoadOptions& options) {
  std::vector<float> inputs(static_cast<size_t>(options.steps_per_message * options.input_size));
  for (size_t i = 0; i < inputs.size(); ++i) inputs[i] = static_cast<float>(i % 17) / 17.0F - 0.4F;
  v1::Tensor tensor;
  tensor.add_shape(options.steps_per_message);
  tensor.add_shape(options.input_size);
  tensor.set_raw(reinterpret_cast<const char*>(inputs.data()), inputs.size() * sizeof(float));
  return tensor;
}

absl::StatusOr<LoadResult> RunLoad(const std::shared_ptr<grpc::Channel>& channel,
                                   const LoadOptions& options, int server_pid) {
  return Load(channel, options, server_pid).Run();
}

}  // namespace cellar
