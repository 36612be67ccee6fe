// What the system says about this process: memory, processor time, descriptors, threads. Read from
// /proc when asked for; where there is none, nothing is shown.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_OPERATIONS_PROCESS_METRICS_H_
#define CELLAR_SERVER_OPERATIONS_PROCESS_METRICS_H_

#include "server/base/metrics.h"

namespace cellar {

// Adds process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes,
// process_open_fds, process_max_fds, process_threads and process_start_time_seconds: the names that
// Prometheus' own libraries use.
void AddProcessMetrics(Metrics& metrics);

}  // namespace cellar

#endif  // CELLAR_SERVER_OPERATIONS_PROCESS_METRICS_H_
