// Can fail only under ThreadSanitizer: it then reports a race wherever it does not see what orders
// the accesses.
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

// Runs `work` on several threads at once.
template <class Work>
void OnThreads(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
}

TEST(TsanAbsl, SeesMutexes) {
  absl::Mutex mutex;
  int count = 0;
  OnThreads([&] {
    for (int i = 0; i < 100; ++i) {
      absl::MutexLock lock(&mutex);
      ++count;
    }
  });
  EXPECT_EQ(count, 400);
}

TEST(TsanAbsl, SeesMutexesTriedAndShared) {
  absl::Mutex mutex;
  int count = 0;
  OnThreads([&] {
    while (!mutex.TryLock()) std::this_thread::yield();
    ++count;
    mutex.Unlock();
    absl::ReaderMutexLock lock(&mutex);
    EXPECT_GE(count, 1);
  });
  EXPECT_EQ(count, 4);
}

TEST(TsanAbsl, SeesConditionsAwaited) {
  absl::Mutex mutex;
  bool set = false;
  int value = 0;
  std::thread setter([&] {
    value = 1;
    absl::MutexLock lock(&mutex);
    set = true;
  });
  {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(&set));
    EXPECT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&set), absl::InfiniteDuration()));
    EXPECT_TRUE(mutex.AwaitWithDeadline(absl::Condition(&set), absl::InfiniteFuture()));
  }
  EXPECT_EQ(++value, 2);
  setter.join();
}

TEST(TsanAbsl, SeesConditionVariables) {
  absl::Mutex mutex;
  absl::CondVar changed;
  int turn = 0;
  std::thread other([&] {
    absl::MutexLock lock(&mutex);
    while (turn != 1) changed.Wait(&mutex);
    turn = 2;
    changed.SignalAll();
  });
  absl::MutexLock lock(&mutex);
  turn = 1;
  changed.SignalAll();
  while (turn != 2) changed.WaitWithTimeout(&mutex, absl::InfiniteDuration());
  mutex.Unlock();
  other.join();
  mutex.Lock();
}

TEST(TsanAbsl, SeesNotifications) {
  absl::Notification done;
  absl::Notification seen;
  int value = 0;
  std::thread other([&] {
    value = 1;
    done.Notify();
    seen.WaitForNotification();
    EXPECT_EQ(++value, 3);
  });
  EXPECT_TRUE(done.WaitForNotificationWithTimeout(absl::InfiniteDuration()));
  EXPECT_EQ(++value, 2);
  seen.Notify();
  other.join();
}

}  // namespace
}  // namespace cellar
