#include "tests/bench/service/batch_load.h"

#include <chrono>

#include "absl/strings/str_cat.h"
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

// Sends `request` and takes its answer.
absl::Status Exchange(const v1::StreamBatchStepsRequest& request, Stream& stream,
                      v1::StreamBatchStepsResponse& response) {
  if (!stream.Write(request) || !stream.Read(&response)) {
    return absl::UnavailableError(
        absl::StrCat("the stream ended: ", stream.Finish().error_message()));
  }
  for (const v1::BatchStepResult& result : response.batch().results()) {
    if (!result.has_step()) return absl::InternalError(result.error().message());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<LoadResult> RunBatchLoad(const std::shared_ptr<grpc::Channel>& channel,
                                        const LoadOptions& options, int server_pid) {
  const auto stub = v1::SessionService::NewStub(channel);
  const v1::StreamBatchStepsRequest request = BatchMessage(options);
  v1::StreamBatchStepsResponse response;
  grpc::ClientContext context;
  const auto stream = stub->StreamBatchSteps(&context);
  const auto begin = SteadyClock::now();
  const auto measured = begin + absl::ToChronoNanoseconds(options.warm_up);
  while (SteadyClock::now() < measured) {
    const absl::Status done = Exchange(request, *stream, response);
    if (!done.ok()) return done;
  }
  LoadResult result;
  const double client_before = OwnCpuSeconds();
  const double server_before = CpuSecondsOf(server_pid);
  const auto end = measured + absl::ToChronoNanoseconds(options.duration);
  for (auto now = SteadyClock::now(); now < end;) {
    const absl::Status done = Exchange(request, *stream, response);
    if (!done.ok()) return done;
    const auto answered = SteadyClock::now();
    result.latencies.Record(
        std::chrono::duration_cast<std::chrono::nanoseconds>(answered - now).count());
    now = answered;
  }
  result.seconds = std::chrono::duration<double>(SteadyClock::now() - measured).count();
  result.client_cpu_seconds = OwnCpuSeconds() - client_before;
  result.server_cpu_seconds = CpuSecondsOf(server_pid) - server_before;
  context.TryCancel();
  return result;
}

}  // namespace cellar
