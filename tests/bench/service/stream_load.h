// Steps sessions over many streams of SessionService.StreamSteps at once, from one thread, and
// measures how long each message waits for its answer.
//
// Two ways to load a server:
//  - closed loop: each stream sends its next message when it has read an answer; what is measured
//    is throughput, and a latency that is mostly queueing of the own making;
//  - open loop: messages are due at fixed times, whether or not the server keeps up. Latency counts
//    from the time a message was due, not from when it could be sent: a stall of the server is
//    charged to every message that it delayed ("coordinated omission" is not hidden).
//
// Thread safety: RunLoad blocks and is called by one thread.
#ifndef CELLAR_TESTS_BENCH_SERVICE_STREAM_LOAD_H_
#define CELLAR_TESTS_BENCH_SERVICE_STREAM_LOAD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "tests/bench/service/process_usage.h"
#include "tests/testing/latency_histogram.h"

namespace cellar {

struct LoadOptions {
  std::vector<std::string> sessions;  // names, one for each stream
  int64_t input_size = 8;
  int64_t steps_per_message = 1;
  absl::Duration warm_up = absl::Milliseconds(500);
  absl::Duration duration = absl::Seconds(2);
  std::string token;               // who calls; empty: nobody is asked
  double messages_per_second = 0;  // open loop, over all streams; 0: closed loop
  bool poll = false;               // never sleeps: asks for what has come until something has
  // Of batches (batch_load.h):
  int64_t batch_streams = 1;        // that the sessions share
  int64_t batch_items = 1'000'000;  // sessions in a message, at most
};

struct LoadResult {
  LatencyHistogram latencies;  // of the answers that came after the warm-up
  double seconds = 0;          // that they took
  double client_cpu_seconds = 0;
  double server_cpu_seconds = 0;    // this and the next 0 if the server's process is not known
  int64_t server_page_faults = 0;   // without the disk
  int64_t server_stream_bytes = 0;  // resident memory, more than before the streams were opened

  // Sets what was used between two readings.
  void Count(const ProcessUsage& client_before, const ProcessUsage& client_after,
             const ProcessUsage& server_before, const ProcessUsage& server_after) {
    client_cpu_seconds = client_after.cpu_seconds - client_before.cpu_seconds;
    server_cpu_seconds = server_after.cpu_seconds - server_before.cpu_seconds;
    server_page_faults = server_after.page_faults - server_before.page_faults;
  }
};

// The inputs of a message, [steps_per_message, input_size].
v1::Tensor RampInputs(const LoadOptions& options);

// Errors: what ended a stream, if one ended before its time.
// `server_pid`: the server's process on this machine, to read its processor time; 0: unknown.
absl::StatusOr<LoadResult> RunLoad(const std::shared_ptr<grpc::Channel>& channel,
                                   const LoadOptions& options, int server_pid);

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_SERVICE_STREAM_LOAD_H_
