// What processes of this machine have used so far, as Linux tells it.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_TESTS_BENCH_SERVICE_PROCESS_USAGE_H_
#define CELLAR_TESTS_BENCH_SERVICE_PROCESS_USAGE_H_

#include <cstdint>

namespace cellar {

struct ProcessUsage {
  double cpu_seconds = 0;      // user and system
  int64_t page_faults = 0;     // those that the disk had no part in
  int64_t resident_bytes = 0;  // in memory now
};

// Of this process; resident_bytes is left out.
ProcessUsage OwnUsage();

// Of another process; zeros if there is none of this id.
ProcessUsage UsageOf(int pid);

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_SERVICE_PROCESS_USAGE_H_
