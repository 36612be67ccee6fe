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

constexpr int64_t kCheap = 10;
constexpr int64_t kDear = 11;

Scheduler::Options OneWorker() {
  Scheduler::Options options;
  options.worker_count = 1;
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
  explicit Blocker(Scheduler& scheduler, const std::string& key = "sessions/blocker") {
    EXPECT_TRUE(scheduler
                    .Schedule(key, MakeTask(kDear,
                                            [this] {
                                              started_.Notify();
                                              released_.WaitForNotification();
                                            }))
                    .ok());
    started_.WaitForNotification();
  }
  ~Blocker() {
    if (!released_.HasBeenNotified()) released_.Notify();
  }
  void Release() { released_.Notify(); }

 private:
  absl::Notification started_;
  absl::Notification released_;
};

TEST(Scheduler, RunsACheapTaskOnTheCallersThreadBeforeScheduleReturns) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  std::thread::id thread;
  ASSERT_TRUE(
      scheduler
          .Schedule("sessions/a", MakeTask(kCheap, [&] { thread = std::this_thread::get_id(); }))
          .ok());
  EXPECT_EQ(thread, std::this_thread::get_id());
}

TEST(Scheduler, RunsADearTaskOnAWorker) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  std::thread::id thread;
  absl::Notification done;
  ASSERT_TRUE(scheduler
                  .Schedule("sessions/a", MakeTask(kDear,
                                                   [&] {
                                                     thread = std::this_thread::get_id();
                                                     done.Notify();
                                                   }))
                  .ok());
  done.WaitForNotification();
  EXPECT_NE(thread, std::this_thread::get_id());
}

TEST(Scheduler, RunsTheTasksOfOneKeyInOrderWhateverTheyCost) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  Blocker blocker(scheduler, "sessions/a");
  for (int i = 0; i < 6; ++i) {
    const int64_t cost = i % 2 == 0 ? kCheap : kDear;
    ASSERT_TRUE(
        scheduler.Schedule("sessions/a", MakeTask(cost, journal.Writes(absl::StrCat(i)))).ok());
  }
  EXPECT_THAT(journal.Names(), IsEmpty());  // also the cheap ones wait for their turn
  blocker.Release();
  scheduler.Drain();
  EXPECT_THAT(journal.Names(), ElementsAre("0", "1", "2", "3", "4", "5"));
}

TEST(Scheduler, RunsCheapTasksOfOtherKeysWhileAllWorkersAreBusy) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  Blocker blocker(scheduler, "sessions/a");
  ASSERT_TRUE(scheduler.Schedule("sessions/b", MakeTask(kCheap, journal.Writes("b"))).ok());
  EXPECT_THAT(journal.Names(), ElementsAre("b"));
}

TEST(Scheduler, TakesTheKeysInTurnOneTaskEach) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  Blocker blocker(scheduler);
  for (const char* name : {"a1", "a2", "a3", "b1", "c1", "c2"}) {
    const std::string key = absl::StrCat("sessions/", std::string(1, name[0]));
    ASSERT_TRUE(scheduler.Schedule(key, MakeTask(kDear, journal.Writes(name))).ok());
  }
  blocker.Release();
  scheduler.Drain();
  EXPECT_THAT(journal.Names(), ElementsAre("a1", "b1", "c1", "a2", "c2", "a3"));
}

TEST(Scheduler, WorksOnDifferentKeysAtTheSameTime) {
  FakeClock clock;
  Scheduler::Options options = OneWorker();
  options.worker_count = 2;
  Scheduler scheduler(options, clock);
  Blocker a(scheduler, "sessions/a");
  Blocker b(scheduler, "sessions/b");  // returns only when it runs beside the other one
}

TEST(Scheduler, HandsTheKeyToAWorkerWhenAnInlineTaskEnds) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  absl::Notification inline_started, inline_released, second_done;
  std::thread caller([&] {
    EXPECT_TRUE(scheduler
                    .Schedule("sessions/a", MakeTask(kCheap,
                                                     [&] {
                                                       inline_started.Notify();
                                                       inline_released.WaitForNotification();
                                                     }))
                    .ok());
  });
  inline_started.WaitForNotification();
  ASSERT_TRUE(
      scheduler.Schedule("sessions/a", MakeTask(kCheap, [&] { second_done.Notify(); })).ok());
  EXPECT_FALSE(second_done.HasBeenNotified());
  inline_released.Notify();
  second_done.WaitForNotification();
  caller.join();
}

TEST(Scheduler, RefusesWhatExceedsTheLimitOfTheSessionAndNeverRunsIt) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  Blocker blocker(scheduler, "sessions/a");
  ASSERT_TRUE(scheduler.Schedule("sessions/a", MakeTask(kDear, journal.Writes("60"), 60)).ok());
  const absl::Status refused =
      scheduler.Schedule("sessions/a", MakeTask(kDear, journal.Writes("41"), 41));
  EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
  EXPECT_THAT(GetErrorDetail(refused)->metadata,
              ElementsAre(testing::Pair("limit", "100"), testing::Pair("scope", "session")));
  ASSERT_TRUE(scheduler.Schedule("sessions/a", MakeTask(kDear, journal.Writes("40"), 40)).ok());
  ASSERT_TRUE(scheduler.Schedule("sessions/b", MakeTask(kDear, journal.Writes("b"), 100)).ok());
  blocker.Release();
  scheduler.Drain();
  EXPECT_THAT(journal.Names(), ElementsAre("b", "60", "40"));
}

TEST(Scheduler, RefusesWhatExceedsTheLimitOfTheServer) {
  FakeClock clock;
  Scheduler::Options options = OneWorker();
  options.max_queued_steps = 150;
  Scheduler scheduler(options, clock);
  Blocker blocker(scheduler);
  ASSERT_TRUE(scheduler
                  .Schedule("sessions/a", MakeTask(
                                              kDear, [] {}, 100))
                  .ok());
  for (const absl::Status& refused : {scheduler.Schedule("sessions/b", MakeTask(
                                                                           kDear, [] {}, 51)),
                                      scheduler.ScheduleAlone(MakeTask(
                                          kDear, [] {}, 51))}) {
    EXPECT_EQ(GetErrorReason(refused), "STEP_QUEUE_LIMIT");
    EXPECT_THAT(GetErrorDetail(refused)->metadata,
                ElementsAre(testing::Pair("limit", "150"), testing::Pair("scope", "server")));
  }
  EXPECT_TRUE(scheduler
                  .ScheduleAlone(MakeTask(
                      kDear, [] {}, 50))
                  .ok());
}

TEST(Scheduler, GivesBackTheRoomInTheQueuesAsTasksStart) {
  FakeClock clock;
  Scheduler::Options options = OneWorker();
  options.max_queued_steps = 100;
  Scheduler scheduler(options, clock);
  for (int round = 0; round < 3; ++round) {
    Blocker blocker(scheduler, "sessions/a");
    ASSERT_TRUE(scheduler
                    .Schedule("sessions/a", MakeTask(
                                                kDear, [] {}, 100))
                    .ok());
    ASSERT_FALSE(scheduler
                     .Schedule("sessions/a", MakeTask(
                                                 kDear, [] {}, 1))
                     .ok());
    blocker.Release();
    scheduler.Drain();
  }
}

TEST(Scheduler, GivesBackTheRoomOfASessionThatIsNeverIdle) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  Blocker first(scheduler, "sessions/a");
  absl::Notification second_started, second_released;
  ASSERT_TRUE(scheduler
                  .Schedule("sessions/a", MakeTask(
                                              kDear,
                                              [&] {
                                                second_started.Notify();
                                                second_released.WaitForNotification();
                                              },
                                              100))
                  .ok());
  ASSERT_FALSE(scheduler
                   .Schedule("sessions/a", MakeTask(
                                               kDear, [] {}, 1))
                   .ok());
  first.Release();
  second_started.WaitForNotification();
  EXPECT_TRUE(scheduler
                  .Schedule("sessions/a", MakeTask(
                                              kDear, [] {}, 100))
                  .ok());
  second_released.Notify();
}

TEST(Scheduler, ChargesNothingForATaskThatAWorkerIsAboutToStart) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  for (int round = 0; round < 100; ++round) {
    ASSERT_TRUE(scheduler
                    .Schedule("sessions/a", MakeTask(
                                                kDear, [] {}, 100))
                    .ok());
    ASSERT_TRUE(scheduler
                    .Schedule("sessions/a", MakeTask(
                                                kDear, [] {}, 100))
                    .ok());
    scheduler.Drain();
  }
}

TEST(Scheduler, TakesATaskOfAnyLengthIfAWorkerIsFree) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  ASSERT_TRUE(
      scheduler.Schedule("sessions/a", MakeTask(kDear, journal.Writes("long"), 1'000'000)).ok());
  scheduler.Drain();
  EXPECT_THAT(journal.Names(), ElementsAre("long"));
}

TEST(Scheduler, TellsATaskWhoseDeadlinePassedWhileItWaited) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  std::vector<absl::Status> statuses;
  Blocker blocker(scheduler, "sessions/a");
  for (int seconds : {1, 2, 3}) {
    Task task;
    task.deadline = clock.Now() + absl::Seconds(seconds);
    task.run = [&](absl::Status status) { statuses.push_back(std::move(status)); };
    ASSERT_TRUE(scheduler.Schedule("sessions/a", std::move(task)).ok());
  }
  clock.Advance(absl::Seconds(2));
  blocker.Release();
  scheduler.Drain();
  ASSERT_EQ(statuses.size(), 3u);
  EXPECT_EQ(GetErrorReason(statuses[0]), "DEADLINE_PASSED");
  EXPECT_EQ(GetErrorReason(statuses[1]), "DEADLINE_PASSED");
  EXPECT_TRUE(statuses[2].ok());
}

TEST(Scheduler, TellsAnInlineTaskWhoseDeadlinePassedBeforeItCame) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  absl::Status told;
  Task task;
  task.deadline = clock.Now();
  task.run = [&](absl::Status status) { told = std::move(status); };
  ASSERT_TRUE(scheduler.Schedule("sessions/a", std::move(task)).ok());
  EXPECT_EQ(GetErrorReason(told), "DEADLINE_PASSED");
}

TEST(Scheduler, LetsATaskScheduleOnItsOwnKeyWhichThenWaitsForItsTurn) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  ASSERT_TRUE(scheduler
                  .Schedule("sessions/a",
                            MakeTask(kCheap,
                                     [&] {
                                       EXPECT_TRUE(
                                           scheduler
                                               .Schedule("sessions/a",
                                                         MakeTask(kCheap, journal.Writes("inner")))
                                               .ok());
                                       journal.Write("outer");
                                     }))
                  .ok());
  scheduler.Drain();
  EXPECT_THAT(journal.Names(), ElementsAre("outer", "inner"));
}

// Schedules itself again `left` times, on another key each time.
void ScheduleChain(Scheduler& scheduler, int left) {
  if (left == 0) return;
  const auto next = [&scheduler, left] { ScheduleChain(scheduler, left - 1); };
  const std::string key = absl::StrCat("sessions/", left);
  ASSERT_TRUE(left % 2 == 0 ? scheduler.Schedule(key, MakeTask(kCheap, next)).ok()
                            : scheduler.ScheduleAlone(MakeTask(kCheap, next)).ok());
}

TEST(Scheduler, DoesNotEatTheStackWhenTasksScheduleTasks) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  ScheduleChain(scheduler, 100'000);
  scheduler.Drain();
}

// Schedules the next of a chain when the task that holds it is destroyed.
struct ChainLink {
  Scheduler& scheduler;
  int left;
  ~ChainLink() { ScheduleDestructorChain(scheduler, left - 1); }

  static void ScheduleDestructorChain(Scheduler& scheduler, int left) {
    if (left == 0) return;
    Task task;
    task.run = [link = std::shared_ptr<ChainLink>(new ChainLink{scheduler, left})](absl::Status) {};
    ASSERT_TRUE(scheduler.ScheduleAlone(std::move(task)).ok());
  }
};

TEST(Scheduler, DoesNotEatTheStackWhenTasksScheduleTasksAsTheyAreDestroyed) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  ChainLink::ScheduleDestructorChain(scheduler, 100'000);
  scheduler.Drain();
}

TEST(Scheduler, RunsInlineAgainAfterATaskThatScheduled) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  ScheduleChain(scheduler, 3);
  scheduler.Drain();
  bool done = false;
  ASSERT_TRUE(scheduler.Schedule("sessions/a", MakeTask(kCheap, [&] { done = true; })).ok());
  EXPECT_TRUE(done);
}

TEST(Scheduler, DestroysWhatATaskHoldsBeforeTheNextOfItsKeyStarts) {
  FakeClock clock;
  Scheduler scheduler(OneWorker(), clock);
  Blocker blocker(scheduler, "sessions/a");
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watch = held;
  ASSERT_TRUE(
      scheduler.Schedule("sessions/a", MakeTask(kDear, [held = std::move(held)] { (void)held; }))
          .ok());
  bool gone = false;
  ASSERT_TRUE(
      scheduler.Schedule("sessions/a", MakeTask(kDear, [&] { gone = watch.expired(); })).ok());
  blocker.Release();
  scheduler.Drain();
  EXPECT_TRUE(gone);
}

// Schedules a task when it is destroyed: what hangs on a lock being held then.
struct SchedulesAtTheEnd {
  Scheduler& scheduler;
  Journal& journal;
  ~SchedulesAtTheEnd() {
    EXPECT_TRUE(scheduler.ScheduleAlone(MakeTask(kCheap, journal.Writes("end"))).ok());
  }
};

TEST(Scheduler, HoldsNoLockWhileATaskIsDestroyed) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  for (int64_t cost : {kCheap, kDear}) {
    Task task;
    task.cost = cost;
    task.run = [end = std::shared_ptr<SchedulesAtTheEnd>(
                    new SchedulesAtTheEnd{scheduler, journal})](absl::Status) {};
    ASSERT_TRUE(scheduler.Schedule("sessions/a", std::move(task)).ok());
    scheduler.Drain();
  }
  EXPECT_THAT(journal.Names(), ElementsAre("end", "end"));
}

TEST(Scheduler, HoldsNoLockWhileARefusedTaskIsDestroyed) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  Blocker blocker(scheduler, "sessions/a");
  Task task;
  task.cost = kDear;
  task.step_count = 101;
  task.run = [end = std::shared_ptr<SchedulesAtTheEnd>(new SchedulesAtTheEnd{scheduler, journal})](
                 absl::Status) { ADD_FAILURE() << "a refused task ran"; };
  EXPECT_FALSE(scheduler.Schedule("sessions/a", std::move(task)).ok());
  EXPECT_THAT(journal.Names(), ElementsAre("end"));
}

TEST(Scheduler, RunsTasksWithoutAKeySideBySide) {
  FakeClock clock;
  Scheduler::Options options = OneWorker();
  options.worker_count = 2;
  Scheduler scheduler(options, clock);
  absl::Notification first, second;
  ASSERT_TRUE(scheduler
                  .ScheduleAlone(MakeTask(kDear,
                                          [&] {
                                            first.Notify();
                                            second.WaitForNotification();
                                          }))
                  .ok());
  ASSERT_TRUE(scheduler
                  .ScheduleAlone(MakeTask(kDear,
                                          [&] {
                                            second.Notify();
                                            first.WaitForNotification();
                                          }))
                  .ok());
  scheduler.Drain();
}

TEST(Scheduler, DrainWaitsForEverythingThatWaitsAlsoForWhatComesFromTasks) {
  FakeClock clock;
  Journal journal;
  Scheduler scheduler(OneWorker(), clock);
  for (int i = 0; i < 50; ++i) {
    const std::string key = absl::StrCat("sessions/", i % 7);
    ASSERT_TRUE(
        scheduler
            .Schedule(
                key,
                MakeTask(
                    kDear,
                    [&, key] {
                      journal.Write("outer");
                      EXPECT_TRUE(
                          scheduler.Schedule(key, MakeTask(kDear, journal.Writes("inner"))).ok());
                    }))
            .ok());
  }
  scheduler.Drain();
  EXPECT_EQ(journal.Names().size(), 100u);
  scheduler.Drain();  // nothing to wait for
}

TEST(Scheduler, DestructorRunsWhatWaits) {
  FakeClock clock;
  Journal journal;
  {
    Scheduler scheduler(OneWorker(), clock);
    Blocker blocker(scheduler, "sessions/a");
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(
          scheduler.Schedule("sessions/a", MakeTask(kDear, journal.Writes(absl::StrCat(i)))).ok());
    }
    EXPECT_THAT(journal.Names(), IsEmpty());
    blocker.Release();
  }
  EXPECT_THAT(journal.Names(), ElementsAre("0", "1", "2"));
}

TEST(Scheduler, TakesAtLeastOneWorkerWhateverItIsTold) {
  FakeClock clock;
  Scheduler::Options options = OneWorker();
  options.worker_count = 0;
  Scheduler scheduler(options, clock);
  absl::Notification done;
  ASSERT_TRUE(scheduler.Schedule("sessions/a", MakeTask(kDear, [&] { done.Notify(); })).ok());
  done.WaitForNotification();
}

}  // namespace
}  // namespace cellar
