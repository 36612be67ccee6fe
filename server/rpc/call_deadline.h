// When a call's client stops waiting.
//
// Thread safety: a pure function.
#ifndef CELLAR_SERVER_RPC_CALL_DEADLINE_H_
#define CELLAR_SERVER_RPC_CALL_DEADLINE_H_

#include <chrono>

#include "absl/time/time.h"

namespace cellar {

// A deadline as gRPC gives it (the largest time point: none). Does not read the time.
absl::Time CallDeadline(std::chrono::system_clock::time_point deadline);

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_CALL_DEADLINE_H_
