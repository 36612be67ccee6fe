// Shows that the ThreadSanitizer set-up works before it is trusted with the tests: without an
// argument this program has no race, and nothing may be reported; with one it has a race beside a
// lock, which must be. It uses every way to wait and to lock that tsan_absl_mutex.cc tells of.
#include <array>
#include <cstdlib>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

// Counts of four threads; only `unguarded` races, and only if asked to.
struct Counts {
  absl::Mutex mutex;
  int guarded ABSL_GUARDED_BY(mutex) = 0;
  int tried ABSL_GUARDED_BY(mutex) = 0;
  int unguarded = 0;
};

void Count(Counts& counts, bool with_a_race) {
  for (int i = 0; i < 1000; ++i) {
    const absl::MutexLock lock(&counts.mutex);
    ++counts.guarded;
  }
  while (!counts.mutex.TryLock()) std::this_thread::yield();
  ++counts.tried;
  counts.mutex.Unlock();
  {
    const absl::ReaderMutexLock lock(&counts.mutex);
    if (counts.tried > 4) std::abort();
  }
  if (with_a_race) ++counts.unguarded;
}

// Waits in every way that a condition can be waited for, and writes what the counting threads
// wrote.
void WaitForCounts(Counts& counts) {
  const auto all_counted =
      +[](Counts* counts) ABSL_NO_THREAD_SAFETY_ANALYSIS { return counts->guarded >= 4000; };
  const absl::Condition condition(all_counted, &counts);
  {
    const absl::MutexLock lock(&counts.mutex, condition);
    counts.mutex.Await(condition);
    counts.mutex.AwaitWithTimeout(condition, absl::InfiniteDuration());
    counts.mutex.AwaitWithDeadline(condition, absl::InfiniteFuture());
    ++counts.guarded;
  }
  counts.mutex.LockWhenWithTimeout(condition, absl::InfiniteDuration());
  ++counts.guarded;
  counts.mutex.Unlock();
}

// Two threads that take turns by a condition variable, and then by notifications.
void TakeTurns() {
  absl::Mutex mutex;
  absl::CondVar changed;
  absl::Notification first;
  absl::Notification second;
  int turn = 0;
  int value = 0;
  std::thread other([&] {
    {
      const absl::MutexLock lock(&mutex);
      while (turn != 1) changed.Wait(&mutex);
      turn = 2;
      changed.SignalAll();
    }
    first.WaitForNotification();
    ++value;
    second.Notify();
  });
  {
    const absl::MutexLock lock(&mutex);
    turn = 1;
    changed.SignalAll();
    while (turn != 2) changed.WaitWithTimeout(&mutex, absl::InfiniteDuration());
  }
  ++value;
  first.Notify();
  second.WaitForNotificationWithTimeout(absl::InfiniteDuration());
  ++value;
  other.join();
}

}  // namespace

int main(int argc, char**) {
  Counts counts;
  std::array<std::thread, 4> threads;
  std::thread waiting([&] { WaitForCounts(counts); });
  for (std::thread& thread : threads) thread = std::thread([&] { Count(counts, argc > 1); });
  for (std::thread& thread : threads) thread.join();
  waiting.join();
  TakeTurns();
  return 0;
}
