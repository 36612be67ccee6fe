// On which processor a benchmark's threads run. Left alone, the system may keep two threads that
// take turns on one of them; and OpenMP, told to bind its threads, binds the one that loads it, and
// so all that it starts.
//
// Thread safety: each function is about the calling thread.
#ifndef CELLAR_TESTS_BENCH_PROCESSORS_H_
#define CELLAR_TESTS_BENCH_PROCESSORS_H_

#include <sched.h>
#include <unistd.h>

namespace cellar {

// Leaves the processor `busy` to whoever runs there. False: there is no other.
inline bool MoveAwayFrom(int busy) {
  cpu_set_t others;
  CPU_ZERO(&others);
  const auto count = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  for (int cpu = 0; cpu < count; ++cpu) {
    if (cpu != busy) CPU_SET(cpu, &others);
  }
  return sched_setaffinity(0, sizeof(others), &others) == 0;
}

// Stays where it is, which it returns.
inline int StayHere() {
  const int here = sched_getcpu();
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(here, &only);
  sched_setaffinity(0, sizeof(only), &only);
  return here;
}

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_PROCESSORS_H_
