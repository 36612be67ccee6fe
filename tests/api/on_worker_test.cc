#include "server/api/on_worker.h"

#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

TEST(RunOnWorker, RunsOnAnotherThread) {
  FakeClock clock;
  Scheduler scheduler({.worker_count = 1}, clock);
  std::thread::id worker;
  RunOnWorker(scheduler, "", absl::InfiniteFuture(), [&](absl::Status status) {
    EXPECT_TRUE(status.ok());
    worker = std::this_thread::get_id();
  });
  scheduler.Drain();
  EXPECT_NE(worker, std::thread::id());
  EXPECT_NE(worker, std::this_thread::get_id());
}

TEST(RunOnWorker, ReportsADeadlineThatHasPassed) {
  FakeClock clock;
  Scheduler scheduler({.worker_count = 1}, clock);
  absl::Status seen;
  RunOnWorker(scheduler, "", clock.Now() - absl::Seconds(1),
              [&](absl::Status status) { seen = status; });
  scheduler.Drain();
  EXPECT_EQ(GetErrorReason(seen), "DEADLINE_PASSED");
}

TEST(RunOnWorker, ReportsARefusalBeforeItReturns) {
  FakeClock clock;
  Scheduler scheduler({.worker_count = 1, .max_queued_steps = 1}, clock);
  absl::Notification release;
  RunOnWorker(scheduler, "", absl::InfiniteFuture(),
              [&](absl::Status) { release.WaitForNotification(); });
  int waited = 0;
  RunOnWorker(scheduler, "", absl::InfiniteFuture(), [&](absl::Status) { ++waited; });
  absl::Status refused;
  RunOnWorker(scheduler, "", absl::InfiniteFuture(),
              [&](absl::Status status) { refused = status; });
  EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
  release.Notify();
  scheduler.Drain();
  EXPECT_EQ(waited, 1);
}

TEST(RunOnWorker, WaitsAsSoManySteps) {
  FakeClock clock;
  Scheduler scheduler({.worker_count = 1, .max_queued_steps = 10}, clock);
  absl::Notification started, release;
  RunOnWorker(scheduler, "", absl::InfiniteFuture(), [&](absl::Status) {
    started.Notify();
    release.WaitForNotification();
  });
  started.WaitForNotification();
  absl::Status taken = absl::UnknownError("not run"), refused;
  RunOnWorker(
      scheduler, "", absl::InfiniteFuture(), [&](absl::Status status) { taken = status; }, 7);
  EXPECT_EQ(scheduler.Look().queued_steps, 7);
  RunOnWorker(
      scheduler, "", absl::InfiniteFuture(), [&](absl::Status status) { refused = status; }, 4);
  EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
  release.Notify();
  scheduler.Drain();
  EXPECT_TRUE(taken.ok()) << taken;
}

}  // namespace
}  // namespace cellar
