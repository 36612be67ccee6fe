#include <algorithm>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/batch_policy.h"
#include "server/engine/crew_policy.h"
#include "server/engine/scheduler.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/joint_run.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SchedulerWorkersTest : public testing::Test {
 protected:
  // What each session takes once its steps are made; steps take no time.
  static constexpr absl::Duration kAnswerTime = absl::Seconds(1);

  static Scheduler::Options Dear(int workers) {
    Scheduler::Options options;
    options.worker_count = workers;
    options.inline_cost = 0;
    return options;
  }

  // Steps of session `key`, whose outcome is compared with what they give alone.
  Task Steps(const std::shared_ptr<const Model>& model, const std::string& key, int64_t step_count,
             const std::string& tenant = "t") {
    const uint64_t seed = ++seed_;
    auto inputs = RandomNumbers<float>(seed, step_count * model->input_size());
    auto steps = std::make_unique<JointRun<float>>(
        model, Numerics{}, inputs, TraceOptions{}, [this, model, key, inputs](auto outcome) {
          ASSERT_TRUE(outcome.status.ok()) << outcome.status;
          auto state = std::get<StackState<float>>(ZeroStackState(*model, Precision::kFloat32));
          const auto alone = RunSteps<float>(*model, {}, inputs, {}, state);
          EXPECT_EQ(TraceDifference(outcome.trace, alone), "");
          clock_.Advance(kAnswerTime);
          absl::MutexLock lock(&mutex_);
          done_.push_back(key);
        });
    Task task;
    task.cost = 1;
    task.step_count = step_count;
    task.tenant = tenant;
    task.steps = std::move(steps);
    return task;
  }

  static void Take(Scheduler& scheduler, const std::string& key, Task task) {
    const absl::Status status = scheduler.Schedule(key, std::move(task));
    ASSERT_TRUE(status.ok()) << status;
  }

  // Keeps the only worker until it is released.
  struct Blocker {
    explicit Blocker(Scheduler& scheduler) {
      Task task;
      task.cost = 1;
      task.run = [this](const absl::Status&) {
        started.Notify();
        released.WaitForNotification();
      };
      Take(scheduler, "blocker", std::move(task));
      started.WaitForNotification();
    }
    absl::Notification started, released;
  };

  std::vector<std::string> Done() {
    absl::MutexLock lock(&mutex_);
    return done_;
  }

  static int64_t CountOf(const Histogram& histogram) {
    const Histogram::View view = histogram.Look();
    return std::accumulate(view.counts.begin(), view.counts.end(), int64_t{0});
  }

  static double MeanRows(const Scheduler& scheduler) {
    const Histogram& rows = scheduler.batch_rows();
    return rows.Look().sum / static_cast<double>(std::max<int64_t>(1, CountOf(rows)));
  }

  FakeClock clock_;
  const std::shared_ptr<const Model> a_ = RandomModel(1);
  const std::shared_ptr<const Model> b_ = RandomModel(2);
  std::atomic<uint64_t> seed_{0};
  absl::Mutex mutex_;
  std::vector<std::string> done_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(SchedulerWorkersTest, SessionsThatWaitOnTheSameModelStepTogether) {
  Scheduler scheduler(Dear(1), clock_);
  Blocker blocker(scheduler);
  for (int i = 0; i < 5; ++i) {
    const std::string key = absl::StrCat("s", i);
    Take(scheduler, key, Steps(a_, key, 3));
  }
  EXPECT_THAT(Done(), IsEmpty());
  blocker.released.Notify();
  scheduler.Drain();
  EXPECT_THAT(Done(), ElementsAre("s0", "s1", "s2", "s3", "s4"));
  EXPECT_EQ(MeanRows(scheduler), 5);
}

TEST_F(SchedulerWorkersTest, NoMoreSessionsStepTogetherThanIsAllowed) {
  for (const auto& [workers, most_rows] : {std::pair{1, 1}, {2, 1}, {1, 2}}) {
    Scheduler::Options options = Dear(workers);
    options.max_batch_rows = most_rows;
    Scheduler scheduler(options, clock_);
    Blocker blocker(scheduler);
    for (int i = 0; i < 200; ++i) {
      const std::string key = absl::StrCat("s", i % 20);
      Take(scheduler, key, Steps(a_, key, 1 + i % 3));
    }
    blocker.released.Notify();
    scheduler.Drain();
    const std::vector<int64_t> counts = scheduler.batch_rows().Look().counts;  // of 1, 2, 4 ...
    EXPECT_GT(counts[most_rows - 1], 0);
    EXPECT_EQ(std::accumulate(counts.begin() + most_rows, counts.end(), int64_t{0}), 0);
  }
  EXPECT_EQ(Done().size(), 3u * 200);
}

TEST_F(SchedulerWorkersTest, SessionsOfOtherModelsGetTheirOwnTurns) {
  Scheduler scheduler(Dear(1), clock_);
  Blocker blocker(scheduler);
  for (const char* key : {"a1", "b1", "a2", "b2"}) {
    Take(scheduler, key, Steps(key[0] == 'a' ? a_ : b_, key, 1));
  }
  blocker.released.Notify();
  scheduler.Drain();
  EXPECT_THAT(Done(), ElementsAre("a1", "a2", "b1", "b2"));
  EXPECT_EQ(MeanRows(scheduler), 2);
}

TEST_F(SchedulerWorkersTest, TheStepsOfOneSessionStayInOrderAndAreNeverTogether) {
  Scheduler scheduler(Dear(1), clock_);
  Blocker blocker(scheduler);
  for (int i = 0; i < 4; ++i) Take(scheduler, "s", Steps(a_, absl::StrCat(i), 2));
  blocker.released.Notify();
  scheduler.Drain();
  EXPECT_THAT(Done(), ElementsAre("0", "1", "2", "3"));
  EXPECT_EQ(MeanRows(scheduler), 1);
}

TEST_F(SchedulerWorkersTest, AFloodOnOneModelDelaysAnotherByOneSmallBatch) {
  Scheduler scheduler(Dear(1), clock_);
  Blocker blocker(scheduler);
  for (int i = 0; i < 100; ++i) {
    const std::string key = absl::StrCat("flood", i);
    Take(scheduler, key, Steps(a_, key, 1, "flood"));
  }
  Take(scheduler, "polite", Steps(b_, "polite", 1, "polite"));
  blocker.released.Notify();
  scheduler.Drain();
  const std::vector<std::string> done = Done();
  ASSERT_EQ(done.size(), 101u);
  EXPECT_EQ(done[kFullBatchRows], "polite");
}

TEST_F(SchedulerWorkersTest, AFloodOnTheSameModelLeavesAnotherTenantAPlaceInItsBatch) {
  Scheduler scheduler(Dear(1), clock_);
  Blocker blocker(scheduler);
  for (int i = 0; i < 100; ++i) {
    const std::string key = absl::StrCat("flood", i);
    Take(scheduler, key, Steps(a_, key, 1, "flood"));
  }
  Take(scheduler, "polite", Steps(a_, "polite", 1, "polite"));
  blocker.released.Notify();
  scheduler.Drain();
  EXPECT_EQ(Done()[2], "polite");  // behind the one that leads and the first that rides
}

TEST_F(SchedulerWorkersTest, OtherWorkOfASessionWaitsUntilItsStepsAreMade) {
  Scheduler scheduler(Dear(1), clock_);
  Blocker blocker(scheduler);
  Take(scheduler, "s", Steps(a_, "steps", 20));
  Task after;
  after.cost = 1;
  after.run = [this](const absl::Status&) { EXPECT_THAT(Done(), ElementsAre("steps")); };
  Take(scheduler, "s", std::move(after));
  blocker.released.Notify();
  scheduler.Drain();
}

TEST_F(SchedulerWorkersTest, CheapStepsRunAloneOnTheCallersThread) {
  Scheduler::Options options = Dear(1);
  options.inline_cost = 100;
  Scheduler scheduler(options, clock_);
  Take(scheduler, "s", Steps(a_, "s", 3));
  EXPECT_THAT(Done(), ElementsAre("s"));  // before Drain
}

TEST_F(SchedulerWorkersTest, RefusesStepsBeyondTheLimitsLikeAnyTask) {
  Scheduler::Options options = Dear(1);
  options.max_queued_steps_per_session = 10;
  Scheduler scheduler(options, clock_);
  Blocker blocker(scheduler);
  Take(scheduler, "s", Steps(a_, "s", 10));
  EXPECT_FALSE(scheduler.Schedule("s", Steps(a_, "refused", 1)).ok());
  EXPECT_EQ(scheduler.Look().queued_steps, 10);
  blocker.released.Notify();
  scheduler.Drain();
  EXPECT_EQ(scheduler.Look().queued_steps, 0);
  EXPECT_THAT(Done(), ElementsAre("s"));
}

TEST_F(SchedulerWorkersTest, TimeThatSessionsTakeTogetherCountsOnce) {
  Scheduler scheduler(Dear(1), clock_);
  Blocker blocker(scheduler);
  for (const char* key : {"a1", "a2", "a3"}) Take(scheduler, key, Steps(a_, key, 2));
  Take(scheduler, "a4", Steps(a_, "a4", 5));
  blocker.released.Notify();
  scheduler.Drain();
  EXPECT_THAT(Done(), ElementsAre("a1", "a2", "a3", "a4"));
  // The blocker's, that of the three, and what the fourth took after them.
  EXPECT_EQ(CountOf(scheduler.compute_seconds()), 1 + 1 + 1);
  EXPECT_EQ(scheduler.compute_seconds().Look().sum, absl::ToDoubleSeconds(4 * kAnswerTime));
}

// Models come and go for as long as a server runs.
TEST_F(SchedulerWorkersTest, DoesNotRememberEveryModelOnWhichSomebodyStepped) {
  Scheduler scheduler(Dear(1), clock_);
  for (uint64_t seed = 1; seed <= 600; ++seed) {
    Take(scheduler, "s", Steps(RandomModel(seed, {.max_size = 2}), "s", 1));
  }
  scheduler.Drain();
  EXPECT_LE(scheduler.Look().known_kinds, 256 + 1);  // the worker may still watch the last one
}

// From many threads, with other work in between: everything is made, with the bits it has alone.
TEST_F(SchedulerWorkersTest, GivesTheSameBitsWithAnyNumberOfWorkers) {
  for (int workers : {1, 2, 3, 7}) {
    Scheduler scheduler(Dear(workers), clock_);
    std::vector<std::thread> callers;
    for (int caller = 0; caller < 4; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < 200; ++i) {
          const std::string key = absl::StrCat(caller, "/", i % 13);
          if (i % 17 == 0) {
            Task other;
            other.cost = 1;
            other.run = [](const absl::Status&) {};
            Take(scheduler, key, std::move(other));
          } else {
            Take(scheduler, key, Steps(i % 3 == 0 ? b_ : a_, key, 1 + i % 5));
          }
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    scheduler.Drain();
  }
  EXPECT_EQ(Done().size(), 4u * 4 * (200 - 12));
}

// Whether helpers come in time is up to the machine; the bits are not.
TEST_F(SchedulerWorkersTest, LargeStepsThatWorkersShareHaveTheSameBits) {
  const auto large = RandomModel(
      8, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 900, .variants = false});
  const int64_t step_count = 4'000'000 / large->multiply_adds_per_step() + 2;
  ASSERT_TRUE(PaysToInvite(step_count * large->multiply_adds_per_step()));
  for (int workers : {1, 2, 4}) {
    Scheduler scheduler(Dear(workers), clock_);
    for (int i = 0; i < 10; ++i) {
      const std::string key = absl::StrCat("s", i % 3);
      Take(scheduler, key, Steps(large, key, step_count));
      if (i % 4 == 3) scheduler.Drain();
    }
  }
  EXPECT_EQ(Done().size(), 30u);
}

}  // namespace
}  // namespace cellar
