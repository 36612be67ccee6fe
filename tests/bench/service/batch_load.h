// Steps many sessions at once over a few streams of SessionService.StreamBatchSteps: each message
// has a step of every session of its stream, or of the next few of them; two are under way on each,
// and the next goes when an answer is there.
//
// Thread safety: RunBatchLoad blocks and is called by one thread.
#ifndef CELLAR_TESTS_BENCH_SERVICE_BATCH_LOAD_H_
#define CELLAR_TESTS_BENCH_SERVICE_BATCH_LOAD_H_

#include <memory>

#include "absl/status/statusor.h"
#include "grpcpp/channel.h"
#include "tests/bench/service/stream_load.h"

namespace cellar {

// As RunLoad, but that the sessions share options.batch_streams streams, a thread each; closed loop
// only. Errors: what ended a stream, or the first item that failed.
absl::StatusOr<LoadResult> RunBatchLoad(const std::shared_ptr<grpc::Channel>& channel,
                                        const LoadOptions& options, int server_pid);

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_SERVICE_BATCH_LOAD_H_
