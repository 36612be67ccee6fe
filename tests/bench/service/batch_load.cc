#include "tests/bench/service/batch_load.h"

#include <chrono>
#include <deque>

#include "absl/strings/str_cat.h"
#include "google/protobuf/arena.h"
#include "grpcpp/grpcpp.h"
#include "tests/bench/service/processor_time.h"

namespace cellar {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Stream = grpc::ClientReaderWriter<v1::StreamBatchStepsRequest, v1::StreamBatchStepsResponse>;

v1::StreamBatchStepsRequest BatchMessage(const LoadOptions& options) {
  v1::StreamBatchStepsRequest request;
  v1::BatchStepRequest& batch = *request.mutable_batch();
  batch.set_view(v1::VIEW_OUTPUT);
  batch.set_encoding(v1::ENCODING_RAW);
  batch.set_omit_state_digest(true);
  for (const std::string& session : options.sessions) {
    v1::BatchStepItem& item = *batch.add_items();
    item.set_session(session);
    *item.mutable_inputs() = RampInputs(options);
  }
  return request;
}

// Messages under way at once: so that the server, like 64 streams of one, has the next one when it
// has answered.
constexpr int kUnderWay = 2;

// Sends the same message over and over and takes the answers.
class Exchanges {
 public:
  Exchanges(const v1::StreamBatchStepsRequest& request, Stream& stream)
      : request_(request), stream_(stream) {}

  // Sends until so many are under way that the server never waits for one. False: the stream ended.
  bool Send() {
    while (sent_.size() < kUnderWay) {
      sent_.push_back(SteadyClock::now());
      if (!stream_.Write(request_)) return false;
    }
    return true;
  }

  // Takes the next answer. Returns how long it took.
  absl::StatusOr<std::chrono::nanoseconds> Take() {
    // In an arena, since a message that is cleared gives its parts back one by one.
    auto* const response =
        google::protobuf::Arena::CreateMessage<v1::StreamBatchStepsResponse>(&arena_);
    if (!Send() || !stream_.Read(response)) {
      return absl::UnavailableError(
          absl::StrCat("the stream ended: ", stream_.Finish().error_message()));
    }
    const auto taken = SteadyClock::now() - sent_.front();
    sent_.pop_front();
    for (const v1::BatchStepResult& result : response->batch().results()) {
      if (!result.has_step()) return absl::InternalError(result.error().message());
    }
    arena_.Reset();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(taken);
  }

 private:
  const v1::StreamBatchStepsRequest& request_;
  Stream& stream_;
  std::deque<SteadyClock::time_point> sent_;  // those under way, oldest first
  google::protobuf::Arena arena_;
};

}  // namespace

absl::StatusOr<LoadResult> RunBatchLoad(const std::shared_ptr<grpc::Channel>& channel,
                                        const LoadOptions& options, int server_pid) {
  const auto stub = v1::SessionService::NewStub(channel);
  const v1::StreamBatchStepsRequest request = BatchMessage(options);
  grpc::ClientContext context;
  const auto stream = stub->StreamBatchSteps(&context);
  Exchanges exchanges(request, *stream);
  const auto measured = SteadyClock::now() + absl::ToChronoNanoseconds(options.warm_up);
  while (SteadyClock::now() < measured) {
    if (const auto taken = exchanges.Take(); !taken.ok()) return taken.status();
  }
  LoadResult result;
  const double client_before = OwnCpuSeconds();
  const double server_before = CpuSecondsOf(server_pid);
  const auto end = measured + absl::ToChronoNanoseconds(options.duration);
  while (SteadyClock::now() < end) {
    const auto taken = exchanges.Take();
    if (!taken.ok()) return taken.status();
    result.latencies.Record(taken->count());
  }
  result.seconds = std::chrono::duration<double>(SteadyClock::now() - measured).count();
  result.client_cpu_seconds = OwnCpuSeconds() - client_before;
  result.server_cpu_seconds = CpuSecondsOf(server_pid) - server_before;
  context.TryCancel();
  return result;
}

}  // namespace cellar
