// What the system takes for the things that a service cannot do without: the limits beside which a
// message is judged.
//
// Thread safety: each function and object belongs to one thread at a time.
#ifndef CELLAR_TESTS_BENCH_CELL_SYSTEM_LIMITS_H_
#define CELLAR_TESTS_BENCH_CELL_SYSTEM_LIMITS_H_

#include <atomic>
#include <cstdint>
#include <thread>

namespace cellar {

// A system call that does nothing.
void CallSystem();

// Writes to so many pages of memory that the process did not have before, and gives them back.
constexpr int64_t kFreshPages = 256;
void TouchFreshPages();

// Another thread, on another processor if there is one, that sleeps until it is handed something.
class HandOver {
 public:
  HandOver();
  ~HandOver();

  // Wakes the other thread, sleeps, and is woken by it.
  void ThereAndBack();

 private:
  void WaitFor(uint32_t value);
  void Set(uint32_t value);

  // 1: the other thread's turn, 0: the caller's, 2: the end.
  std::atomic<uint32_t> turn_{0};
  std::thread other_;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_CELL_SYSTEM_LIMITS_H_
