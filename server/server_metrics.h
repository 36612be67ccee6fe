// The name of every number that the server shows of itself (deploy/README.md lists them).
//
// Thread safety: as Metrics' Add methods.
#ifndef CELLAR_SERVER_SERVER_METRICS_H_
#define CELLAR_SERVER_SERVER_METRICS_H_

#include "server/api/api.h"
#include "server/base/metrics.h"
#include "server/options.h"
#include "server/store/timed_store.h"

namespace cellar {

// Names what the parts behind `api` count, and the caps of `options` that they count against.
// `api` and its parts outlive `metrics`. No name or label is made of what callers send.
void AddServerMetrics(const Api& api, const Options& options, Metrics& metrics);

// Names what `store` measures; it outlives `metrics`.
void AddStoreMetrics(const TimedStore& store, Metrics& metrics);

}  // namespace cellar

#endif  // CELLAR_SERVER_SERVER_METRICS_H_
