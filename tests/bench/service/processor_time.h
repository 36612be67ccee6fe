// Processor time of processes of this machine, as Linux tells it.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_TESTS_BENCH_SERVICE_PROCESSOR_TIME_H_
#define CELLAR_TESTS_BENCH_SERVICE_PROCESSOR_TIME_H_

namespace cellar {

// User and system time of this process, in seconds.
double OwnCpuSeconds();

// The same of another process, in ticks of 10 ms; 0 if there is none of this id.
double CpuSecondsOf(int pid);

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_SERVICE_PROCESSOR_TIME_H_
