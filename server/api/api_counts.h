// What the handlers count while they work; the names are in server_metrics.cc.
//
// Thread safety: the counters may be used from any thread.
#ifndef CELLAR_SERVER_API_API_COUNTS_H_
#define CELLAR_SERVER_API_API_COUNTS_H_

#include "absl/status/status.h"
#include "server/base/counter.h"
#include "server/base/histogram.h"

namespace cellar {

struct ApiCounts {
  ApiCounts();

  // Counts a call, or an item of a batch, that failed: by the reason of its error, or by its code
  // if that is all it has.
  void AddFailure(const absl::Status& status);

  Counter steps;           // made, and committed
  Counter repeated_steps;  // answered once more
  Counter messages;        // answered requests to step: Step calls, stream messages, batch items
  Histogram batch_items;   // of each BatchStep
  CounterByWord failures;  // by reason
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_API_COUNTS_H_
