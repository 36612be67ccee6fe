// What the process has in memory, without what the allocator could give back: RocksDB's and gRPC's
// parts included.
//
// Thread safety: may be called from any thread; others should not allocate meanwhile.
#ifndef CELLAR_TESTS_BENCH_RESIDENT_BYTES_H_
#define CELLAR_TESTS_BENCH_RESIDENT_BYTES_H_

#include <malloc.h>
#include <unistd.h>

#include <fstream>

namespace cellar {

inline double ResidentBytes() {
  malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  double total_pages = 0;
  double resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_RESIDENT_BYTES_H_
