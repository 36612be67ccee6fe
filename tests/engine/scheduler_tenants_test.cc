#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/engine/scheduler.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// A scheduler with one worker, which is busy until Release.
class SchedulerTenantsTest : public testing::Test {
 protected:
  explicit SchedulerTenantsTest(int64_t max_queued_steps_per_tenant = 0)
      : scheduler_({.worker_count = 1,
                    .inline_cost = 0,
                    .max_queued_steps_per_tenant = max_queued_steps_per_tenant},
                   clock_) {
    absl::Notification started;
    Task task = TaskOf("blocker", [&] {
      started.Notify();
      released_.WaitForNotification();
    });
    EXPECT_TRUE(scheduler_.ScheduleAlone(std::move(task)).ok());
    started.WaitForNotification();
  }
  ~SchedulerTenantsTest() override { Release(); }

  void Release() {
    if (!released_.HasBeenNotified()) released_.Notify();
    scheduler_.Drain();
  }

  static Task TaskOf(const std::string& tenant, std::function<void()> work,
                     int64_t step_count = 1) {
    Task task;
    task.cost = 1;
    task.step_count = step_count;
    task.tenant = tenant;
    task.run = [work = std::move(work)](absl::Status status) {
      EXPECT_TRUE(status.ok()) << status;
      work();
    };
    return task;
  }

  Task Writes(const std::string& tenant, const std::string& name) {
    return TaskOf(tenant, [this, name] { names_.push_back(name); });
  }

  FakeClock clock_;
  std::vector<std::string> names_;  // of the one worker, until Release
  absl::Notification released_;
  Scheduler scheduler_;
};

TEST_F(SchedulerTenantsTest, TakesTheTenantsInTurnWhateverEachHasWaiting) {
  for (int i = 0; i < 100; ++i) {
    const std::string name = absl::StrCat("f", i);
    ASSERT_TRUE(scheduler_.Schedule("flood/" + name, Writes("flood", name)).ok());
    ASSERT_TRUE(scheduler_.ScheduleAlone(Writes("flood", "f alone")).ok());
  }
  for (const char* name : {"p0", "p1"}) {
    ASSERT_TRUE(scheduler_.Schedule("polite/session", Writes("polite", name)).ok());
  }
  Release();
  ASSERT_EQ(names_.size(), 202u);
  EXPECT_THAT(std::vector<std::string>(names_.begin(), names_.begin() + 4),
              ElementsAre("f0", "p0", "f alone", "p1"));
}

class TenantLimitTest : public SchedulerTenantsTest {
 protected:
  TenantLimitTest() : SchedulerTenantsTest(50) {}

  absl::Status Try(const std::string& tenant, int64_t step_count) {
    return scheduler_.Schedule(tenant + "/session", TaskOf(
                                                        tenant, [] {}, step_count));
  }
};

TEST_F(TenantLimitTest, RefusesWhatExceedsTheLimitOfTheTenant) {
  EXPECT_TRUE(Try("t", 30).ok());
  EXPECT_TRUE(scheduler_
                  .ScheduleAlone(TaskOf(
                      "t", [] {}, 10))
                  .ok());
  const absl::Status refused = Try("t", 11);
  EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
  EXPECT_THAT(GetErrorDetail(refused)->metadata,
              ElementsAre(Pair("limit", "50"), Pair("used", "40"), Pair("scope", "tenant")));
  EXPECT_TRUE(Try("u", 50).ok());
  EXPECT_EQ(scheduler_.Look().queued_steps, 90);
}

TEST_F(TenantLimitTest, GivesBackTheRoomAsTasksStart) {
  EXPECT_TRUE(Try("t", 50).ok());
  EXPECT_FALSE(Try("t", 1).ok());
  Release();
  EXPECT_EQ(scheduler_.Look().queued_steps, 0);
  EXPECT_TRUE(Try("t", 50).ok());
}

}  // namespace
}  // namespace cellar
