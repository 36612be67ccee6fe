#include "server/engine/scheduler.h"

#include <functional>
#include <memory>
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
#include "server/base/error.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int64_t kCheap = 10;
constexpr int64_t kDear = 11;

Scheduler::Options Workers(int count) {
  Scheduler::Options options;
  options.worker_count = count;
  options.inline_cost = kCheap;
  options.max_queued_steps = 1000;
  options.max_queued_steps_per_session = 100;
  return options;
}

Task MakeTask(int64_t cost, std::function<void()> work, int64_t step_count = 1) {
  Task task;
  task.cost = cost;
  task.step_count = step_count;
  task.run = [work = std::move(work)](absl::Status status) {
    EXPECT_TRUE(status.ok()) << status;
    work();
  };
  return task;
}

// Schedules a task that must be taken.
void Take(Scheduler& scheduler, const std::string& key, Task task) {
  const absl::Status status = scheduler.Schedule(key, std::move(task));
  EXPECT_TRUE(status.ok()) << status;
}

void TakeAlone(Scheduler& scheduler, Task task) {
  const absl::Status status = scheduler.ScheduleAlone(std::move(task));
  EXPECT_TRUE(status.ok()) << status;
}

// Names in the order in which they were written down, by any thread.
class Journal {
 public:
  std::function<void()> Writes(std::string name) {
    return [this, name = std::move(name)] { Write(name); };
  }
  void Write(const std::string& name) {
    absl::MutexLock lock(&mutex_);
    names_.push_back(name);
  }
  std::vector<std::string> Names() const {
    absl::MutexLock lock(&mutex_);
    return names_;
  }

 private:
  mutable absl::Mutex mutex_;
  std::vector<std::string> names_ ABSL_GUARDED_BY(mutex_);
};

// Keeps a worker and a key busy from its construction until Release.
class Blocker {
 public:
  explicit Blocker(Scheduler& scheduler, const std::string& key = "sessions/blocker",
                   int64_t step_count = 1) {
    const auto work = [this] {
      started_.Notify();
      released_.WaitForNotification();
      finished_.Notify();
    };
    Take(scheduler, key, MakeTask(kDear, work, step_count));
  }
  ~Blocker() {
    if (!released_.HasBeenNotified()) released_.Notify();
    finished_.WaitForNotification();
  }
  void WaitUntilStarted() { started_.WaitForNotification(); }
  void Release() { released_.Notify(); }

 private:
  absl::Notification started_;
  absl::Notification released_;
  absl::Notification finished_;
};

void Nothing() {}

class SchedulerTest : public testing::Test {
 protected:
  FakeClock clock_;
  Journal journal_;
  Scheduler scheduler_{Workers(1), clock_};
};

TEST_F(SchedulerTest, RunsACheapTaskOnTheCallersThreadBeforeScheduleReturns) {
  std::thread::id thread;
  Take(scheduler_, "sessions/a", MakeTask(kCheap, [&] { thread = std::this_thread::get_id(); }));
  EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST_F(SchedulerTest, RunsADearTaskOnAWorker) {
  std::thread::id thread;
  absl::Notification done;
  Take(scheduler_, "sessions/a", MakeTask(kDear, [&] {
         thread = std::this_thread::get_id();
         done.Notify();
       }));
  done.WaitForNotification();
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST_F(SchedulerTest, RunsTheTasksOfOneKeyInOrderWhateverTheyCost) {
  Blocker blocker(scheduler_, "sessions/a");
  blocker.WaitUntilStarted();
  for (int i = 0; i < 6; ++i) {
    const int64_t cost = i % 2 == 0 ? kCheap : kDear;
    Take(scheduler_, "sessions/a", MakeTask(cost, journal_.Writes(absl::StrCat(i))));
  }
  EXPECT_THAT(journal_.Names(), IsEmpty());  // also the cheap ones wait for their turn
  blocker.Release();
  scheduler_.Drain();
  EXPECT_THAT(journal_.Names(), ElementsAre("0", "1", "2", "3", "4", "5"));
}

TEST_F(SchedulerTest, RunsCheapTasksOfOtherKeysWhileAllWorkersAreBusy) {
  Blocker blocker(scheduler_, "sessions/a");
  blocker.WaitUntilStarted();
  Take(scheduler_, "sessions/b", MakeTask(kCheap, journal_.Writes("b")));
  EXPECT_THAT(journal_.Names(), ElementsAre("b"));
}

TEST_F(SchedulerTest, TakesTheKeysInTurnOneTaskEach) {
  Blocker blocker(scheduler_);
  blocker.WaitUntilStarted();
  for (const char* name : {"a1", "a2", "a3", "b1", "c1", "c2"}) {
    const std::string key = absl::StrCat("sessions/", std::string(1, name[0]));
    Take(scheduler_, key, MakeTask(kDear, journal_.Writes(name)));
  }
  blocker.Release();
  scheduler_.Drain();
  EXPECT_THAT(journal_.Names(), ElementsAre("a1", "b1", "c1", "a2", "c2", "a3"));
}

TEST_F(SchedulerTest, WorksOnDifferentKeysAtTheSameTime) {
  Scheduler scheduler(Workers(2), clock_);
  Blocker a(scheduler, "sessions/a");
  a.WaitUntilStarted();
  Blocker b(scheduler, "sessions/b");
  b.WaitUntilStarted();  // returns only when it runs beside the other one
}

TEST_F(SchedulerTest, HandsTheKeyToAWorkerWhenAnInlineTaskEnds) {
  absl::Notification inline_started, inline_released, second_done;
  std::thread caller([&] {
    Take(scheduler_, "sessions/a", MakeTask(kCheap, [&] {
           inline_started.Notify();
           inline_released.WaitForNotification();
         }));
  });
  inline_started.WaitForNotification();
  Take(scheduler_, "sessions/a", MakeTask(kCheap, [&] { second_done.Notify(); }));
  EXPECT_FALSE(second_done.HasBeenNotified());
  inline_released.Notify();
  second_done.WaitForNotification();
  caller.join();
}

TEST_F(SchedulerTest, RefusesWhatExceedsTheLimitOfTheSessionAndNeverRunsIt) {
  Blocker blocker(scheduler_, "sessions/a");
  blocker.WaitUntilStarted();
  Take(scheduler_, "sessions/a", MakeTask(kDear, journal_.Writes("60"), 60));
  const absl::Status refused =
      scheduler_.Schedule("sessions/a", MakeTask(kDear, journal_.Writes("41"), 41));
  EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
  EXPECT_THAT(GetErrorDetail(refused)->metadata,
              ElementsAre(Pair("limit", "100"), Pair("used", "60"), Pair("scope", "session")));
  Take(scheduler_, "sessions/a", MakeTask(kDear, journal_.Writes("40"), 40));
  Take(scheduler_, "sessions/b", MakeTask(kDear, journal_.Writes("b"), 100));
  blocker.Release();
  scheduler_.Drain();
  EXPECT_THAT(journal_.Names(), ElementsAre("b", "60", "40"));
}

TEST_F(SchedulerTest, RefusesWhatExceedsTheLimitOfTheServer) {
  Scheduler::Options options = Workers(1);
  options.max_queued_steps = 150;
  Scheduler scheduler(options, clock_);
  Blocker blocker(scheduler);
  blocker.WaitUntilStarted();
  Take(scheduler, "sessions/a", MakeTask(kDear, Nothing, 100));
  for (const absl::Status& refused :
       {scheduler.Schedule("sessions/b", MakeTask(kDear, Nothing, 51)),
        scheduler.ScheduleAlone(MakeTask(kDear, Nothing, 51))}) {
    EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
    EXPECT_THAT(GetErrorDetail(refused)->metadata,
                ElementsAre(Pair("limit", "150"), Pair("used", "100"), Pair("scope", "server")));
  }
  TakeAlone(scheduler, MakeTask(kDear, Nothing, 50));
}

TEST_F(SchedulerTest, GivesBackTheRoomInTheQueuesAsTasksStart) {
  Scheduler::Options options = Workers(1);
  options.max_queued_steps = 100;
  Scheduler scheduler(options, clock_);
  for (int round = 0; round < 3; ++round) {
    Blocker blocker(scheduler, "sessions/a");
    blocker.WaitUntilStarted();
    Take(scheduler, "sessions/a", MakeTask(kDear, Nothing, 100));
    ASSERT_FALSE(scheduler.Schedule("sessions/a", MakeTask(kDear, Nothing, 1)).ok());
    blocker.Release();
    scheduler.Drain();
  }
}

TEST_F(SchedulerTest, GivesBackTheRoomOfASessionThatIsNeverIdle) {
  Blocker first(scheduler_, "sessions/a");
  first.WaitUntilStarted();
  Blocker second(scheduler_, "sessions/a", 100);
  EXPECT_FALSE(scheduler_.Schedule("sessions/a", MakeTask(kDear, Nothing, 1)).ok());
  first.Release();
  second.WaitUntilStarted();
  Take(scheduler_, "sessions/a", MakeTask(kDear, Nothing, 100));
}

TEST_F(SchedulerTest, ChargesNothingForATaskThatAWorkerIsAboutToStart) {
  for (int round = 0; round < 100; ++round) {
    Take(scheduler_, "sessions/a", MakeTask(kDear, Nothing, 100));
    Take(scheduler_, "sessions/a", MakeTask(kDear, Nothing, 100));
    scheduler_.Drain();
  }
}

TEST_F(SchedulerTest, TakesATaskOfAnyLengthIfAWorkerIsFree) {
  Take(scheduler_, "sessions/a", MakeTask(kDear, journal_.Writes("long"), 1'000'000));
  scheduler_.Drain();
  EXPECT_THAT(journal_.Names(), ElementsAre("long"));
}

TEST_F(SchedulerTest, TellsATaskWhoseDeadlinePassedWhileItWaited) {
  std::vector<absl::Status> statuses;
  Blocker blocker(scheduler_, "sessions/a");
  blocker.WaitUntilStarted();
  for (int seconds : {1, 2, 3}) {
    Task task;
    task.deadline = clock_.Now() + absl::Seconds(seconds);
    task.run = [&](absl::Status status) { statuses.push_back(std::move(status)); };
    Take(scheduler_, "sessions/a", std::move(task));
  }
  clock_.Advance(absl::Seconds(2));
  blocker.Release();
  scheduler_.Drain();
  ASSERT_EQ(statuses.size(), 3u);
  EXPECT_EQ(GetErrorReason(statuses[0]), "DEADLINE_PASSED");
  EXPECT_EQ(GetErrorReason(statuses[1]), "DEADLINE_PASSED");
  EXPECT_TRUE(statuses[2].ok());
}

TEST_F(SchedulerTest, TellsAnInlineTaskWhoseDeadlinePassedBeforeItCame) {
  absl::Status told;
  Task task;
  task.deadline = clock_.Now();
  task.run = [&](absl::Status status) { told = std::move(status); };
  Take(scheduler_, "sessions/a", std::move(task));
  EXPECT_EQ(GetErrorReason(told), "DEADLINE_PASSED");
}

TEST_F(SchedulerTest, LetsATaskScheduleOnItsOwnKeyWhichThenWaitsForItsTurn) {
  Take(scheduler_, "sessions/a", MakeTask(kCheap, [&] {
         Take(scheduler_, "sessions/a", MakeTask(kCheap, journal_.Writes("inner")));
         journal_.Write("outer");
       }));
  scheduler_.Drain();
  EXPECT_THAT(journal_.Names(), ElementsAre("outer", "inner"));
}

TEST_F(SchedulerTest, RunsInlineAgainAfterATaskThatScheduled) {
  Take(scheduler_, "sessions/a",
       MakeTask(kCheap, [&] { Take(scheduler_, "sessions/b", MakeTask(kCheap, Nothing)); }));
  scheduler_.Drain();
  bool done = false;
  Take(scheduler_, "sessions/a", MakeTask(kCheap, [&] { done = true; }));
  EXPECT_TRUE(done);
}

TEST_F(SchedulerTest, DestroysWhatATaskHoldsBeforeTheNextOfItsKeyStarts) {
  Blocker blocker(scheduler_, "sessions/a");
  blocker.WaitUntilStarted();
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  Take(scheduler_, "sessions/a", MakeTask(kDear, [held = std::move(held)] { (void)held; }));
  bool gone = false;
  Take(scheduler_, "sessions/a", MakeTask(kDear, [&] { gone = watch.expired(); }));
  blocker.Release();
  scheduler_.Drain();
  EXPECT_TRUE(gone);
}

// Schedules a task when it is destroyed: what hangs on a lock being held then.
struct SchedulesAtTheEnd {
  Scheduler& scheduler;
  Journal& journal;
  ~SchedulesAtTheEnd() { TakeAlone(scheduler, MakeTask(kCheap, journal.Writes("end"))); }
};

TEST_F(SchedulerTest, HoldsNoLockWhileATaskIsDestroyed) {
  for (int64_t cost : {kCheap, kDear}) {
    Task task;
    task.cost = cost;
    task.run = [end = std::shared_ptr<SchedulesAtTheEnd>(
                    new SchedulesAtTheEnd{scheduler_, journal_})](absl::Status) {};
    Take(scheduler_, "sessions/a", std::move(task));
    scheduler_.Drain();
  }
  EXPECT_THAT(journal_.Names(), ElementsAre("end", "end"));
}

TEST_F(SchedulerTest, ARefusedTaskStaysItsCallers) {
  Blocker blocker(scheduler_, "sessions/a");
  blocker.WaitUntilStarted();
  Take(scheduler_, "sessions/a", MakeTask(kDear, journal_.Writes("taken")));
  Task task = MakeTask(kDear, journal_.Writes("by its caller"), 1001);
  EXPECT_FALSE(scheduler_.Schedule("sessions/a", std::move(task)).ok());
  EXPECT_FALSE(scheduler_.ScheduleAlone(std::move(task)).ok());
  EXPECT_EQ(task.step_count, 1001);
  EXPECT_THAT(journal_.Names(), ElementsAre()) << "it never ran";
  task.run(absl::OkStatus());
  EXPECT_THAT(journal_.Names(), ElementsAre("by its caller"));
}

TEST_F(SchedulerTest, RunsTasksWithoutAKeySideBySide) {
  Scheduler scheduler(Workers(2), clock_);
  absl::Notification first, second;
  TakeAlone(scheduler, MakeTask(kDear, [&] {
              first.Notify();
              second.WaitForNotification();
            }));
  TakeAlone(scheduler, MakeTask(kDear, [&] {
              second.Notify();
              first.WaitForNotification();
            }));
  scheduler.Drain();
}

TEST_F(SchedulerTest, DrainWaitsForEverythingThatWaitsAlsoForWhatComesFromTasks) {
  for (int i = 0; i < 50; ++i) {
    const std::string key = absl::StrCat("sessions/", i % 7);
    Take(scheduler_, key, MakeTask(kDear, [&, key] {
           journal_.Write("outer");
           Take(scheduler_, key, MakeTask(kDear, journal_.Writes("inner")));
         }));
  }
  scheduler_.Drain();
  EXPECT_EQ(journal_.Names().size(), 100u);
}

TEST_F(SchedulerTest, DestructorRunsWhatWaits) {
  {
    Scheduler scheduler(Workers(1), clock_);
    Blocker blocker(scheduler, "sessions/a");
    blocker.WaitUntilStarted();
    for (int i = 0; i < 3; ++i) {
      Take(scheduler, "sessions/a", MakeTask(kDear, journal_.Writes(absl::StrCat(i))));
    }
    EXPECT_THAT(journal_.Names(), IsEmpty());
    blocker.Release();
  }
  EXPECT_THAT(journal_.Names(), ElementsAre("0", "1", "2"));
}

TEST_F(SchedulerTest, TakesAtLeastOneWorkerWhateverItIsTold) {
  Scheduler scheduler(Workers(0), clock_);
  absl::Notification done;
  Take(scheduler, "sessions/a", MakeTask(kDear, [&] { done.Notify(); }));
  done.WaitForNotification();
}

}  // namespace
}  // namespace cellar
