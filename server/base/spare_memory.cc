#include "server/base/spare_memory.h"

#include <features.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace cellar {

void KeepSpareMemory() {
#ifdef __GLIBC__
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most there is; said, because the other is
#endif
}

#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)

bool ReturnSpareMemory() {
  constexpr int64_t kMuch = int64_t{64} << 20;
  int64_t all_pages = 0;
  int64_t resident_pages = 0;
  if (!(std::ifstream("/proc/self/statm") >> all_pages >> resident_pages)) return false;
  const int64_t resident = resident_pages * sysconf(_SC_PAGESIZE);
  const struct mallinfo2 info = mallinfo2();
  const int64_t spare = resident - static_cast<int64_t>(info.uordblks + info.hblkhd);
  if (spare < kMuch || spare < resident / 3) return false;
  return malloc_trim(0) != 0;
}

#else

bool ReturnSpareMemory() { return false; }

#endif

}  // namespace cellar
