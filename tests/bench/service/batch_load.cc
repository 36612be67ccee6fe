#include "tests/bench/service/batch_load.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "google/protobuf/arena.h"
#include "grpcpp/grpcpp.h"
#include "tests/bench/service/process_usage.h"

namespace cellar {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Stream = grpc::ClientReaderWriter<v1::StreamBatchStepsRequest, v1::StreamBatchStepsResponse>;

// A step of each of some sessions.
v1::StreamBatchStepsRequest BatchMessage(const LoadOptions& options,
                                         absl::Span<const std::string> sessions) {
  v1::StreamBatchStepsRequest request;
  v1::BatchStepRequest& batch = *request.mutable_batch();
  batch.set_view(v1::VIEW_OUTPUT);
  batch.set_encoding(v1::ENCODING_RAW);
  batch.set_omit_state_digest(true);
  for (const std::string& session : sessions) {
    v1::BatchStepItem& item = *batch.add_items();
    item.set_session(session);
    *item.mutable_inputs() = RampInputs(options);
  }
  return request;
}

// The messages of stream `number`: its part of the sessions, cut as the options say.
std::vector<v1::StreamBatchStepsRequest> MessagesOf(const LoadOptions& options, int64_t number) {
  const absl::Span<const std::string> all = options.sessions;
  const auto count = static_cast<int64_t>(all.size());
  const int64_t end = count * (number + 1) / options.batch_streams;
  std::vector<v1::StreamBatchStepsRequest> messages;
  for (int64_t begin = count * number / options.batch_streams; begin < end;) {
    const int64_t length = std::min(options.batch_items, end - begin);
    messages.push_back(BatchMessage(
        options, all.subspan(static_cast<size_t>(begin), static_cast<size_t>(length))));
    begin += length;
  }
  return messages;
}

// Messages under way at once: so that the server, like 64 streams of one, has the next one when it
// has answered.
constexpr int kUnderWay = 3;

// One stream: sends its messages over and over and takes the answers.
class Exchanges {
 public:
  Exchanges(v1::SessionService::Stub& stub, std::vector<v1::StreamBatchStepsRequest> messages)
      : messages_(std::move(messages)), stream_(stub.StreamBatchSteps(&context_)) {}

  // Until `end`; what is answered after `measured` counts.
  void Run(SteadyClock::time_point measured, SteadyClock::time_point end) {
    while (status_.ok() && SteadyClock::now() < end) {
      const auto taken = Take();
      status_ = taken.status();
      if (taken.ok() && SteadyClock::now() >= measured) latencies_.Record(taken->count());
    }
    context_.TryCancel();
  }

  const absl::Status& status() const { return status_; }
  const LatencyHistogram& latencies() const { return latencies_; }

 private:
  // Sends until so many are under way that the server never waits for one. False: the stream ended.
  bool Send() {
    while (sent_.size() < kUnderWay) {
      sent_.push_back(SteadyClock::now());
      if (!stream_->Write(messages_[next_])) return false;
      next_ = (next_ + 1) % messages_.size();
    }
    return true;
  }

  // Takes the next answer. Returns how long it took.
  absl::StatusOr<std::chrono::nanoseconds> Take() {
    // In an arena, since a message that is cleared gives its parts back one by one.
    auto* const response =
        google::protobuf::Arena::CreateMessage<v1::StreamBatchStepsResponse>(&arena_);
    if (!Send() || !stream_->Read(response)) {
      return absl::UnavailableError(
          absl::StrCat("the stream ended: ", stream_->Finish().error_message()));
    }
    const auto taken = SteadyClock::now() - sent_.front();
    sent_.pop_front();
    for (const v1::BatchStepResult& result : response->batch().results()) {
      if (!result.has_step()) return absl::InternalError(result.error().message());
    }
    arena_.Reset();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(taken);
  }

  grpc::ClientContext context_;
  const std::vector<v1::StreamBatchStepsRequest> messages_;
  size_t next_ = 0;
  const std::unique_ptr<Stream> stream_;
  std::deque<SteadyClock::time_point> sent_;  // those under way, oldest first
  google::protobuf::Arena arena_;
  LatencyHistogram latencies_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<LoadResult> RunBatchLoad(const std::shared_ptr<grpc::Channel>& channel,
                                        const LoadOptions& options, int server_pid) {
  const auto stub = v1::SessionService::NewStub(channel);
  std::vector<std::unique_ptr<Exchanges>> streams;
  for (int64_t k = 0; k < options.batch_streams; ++k) {
    streams.push_back(std::make_unique<Exchanges>(*stub, MessagesOf(options, k)));
  }
  const auto measured = SteadyClock::now() + absl::ToChronoNanoseconds(options.warm_up);
  const auto end = measured + absl::ToChronoNanoseconds(options.duration);
  std::vector<std::thread> threads;
  for (const auto& stream : streams) {
    threads.emplace_back([&stream = *stream, measured, end] { stream.Run(measured, end); });
  }
  LoadResult result;
  std::this_thread::sleep_until(measured);
  const ProcessUsage client_before = OwnUsage();
  const ProcessUsage server_before = UsageOf(server_pid);
  std::this_thread::sleep_until(end);
  result.Count(client_before, OwnUsage(), server_before, UsageOf(server_pid));
  for (std::thread& thread : threads) thread.join();
  result.seconds = std::chrono::duration<double>(end - measured).count();
  for (const auto& stream : streams) {
    if (!stream->status().ok()) return stream->status();
    result.latencies.Add(stream->latencies());
  }
  return result;
}

}  // namespace cellar
