// Turns that a caller begins on its own thread (Scheduler::TryBegin and TryMake).
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/scheduler.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/joint_run.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

constexpr char kKey[] = "sessions/a";
constexpr int64_t kCheapTurn = 10;
constexpr int64_t kDearTurn = 11;

class SchedulerInlineTurnTest : public testing::Test {
 protected:
  // A task that says that it ran.
  void Take(const std::string& key, int64_t cost, absl::Notification& ran) {
    Task task;
    task.cost = cost;
    task.run = [&ran](absl::Status) { ran.Notify(); };
    ASSERT_TRUE(scheduler_.Schedule(key, std::move(task)).ok());
  }

  FakeClock clock_;
  Scheduler scheduler_{{.worker_count = 1, .inline_cost = kCheapTurn}, clock_};
};

TEST_F(SchedulerInlineTurnTest, OthersWaitForItsEnd) {
  absl::Notification ran;
  {
    const auto turn = scheduler_.TryBegin(kKey, kCheapTurn);
    ASSERT_TRUE(turn.has_value());
    Take(kKey, kCheapTurn, ran);
    EXPECT_FALSE(scheduler_.TryBegin(kKey, kCheapTurn).has_value());
    EXPECT_FALSE(ran.HasBeenNotified());
  }
  ran.WaitForNotification();
  scheduler_.Drain();
  EXPECT_TRUE(scheduler_.TryBegin(kKey, kCheapTurn).has_value());
}

TEST_F(SchedulerInlineTurnTest, BeginsNotForDearWorkNorBehindOthersNorInsideATask) {
  EXPECT_FALSE(scheduler_.TryBegin(kKey, kDearTurn).has_value());
  absl::Notification started, released;
  Task blocker;
  blocker.cost = kDearTurn;
  blocker.run = [&](absl::Status) {
    started.Notify();
    released.WaitForNotification();
    EXPECT_FALSE(scheduler_.TryBegin("sessions/b", kCheapTurn).has_value());
  };
  ASSERT_TRUE(scheduler_.Schedule(kKey, std::move(blocker)).ok());
  started.WaitForNotification();
  EXPECT_FALSE(scheduler_.TryBegin(kKey, kCheapTurn).has_value());
  released.Notify();
  scheduler_.Drain();

  const auto turn = scheduler_.TryBegin(kKey, kCheapTurn);
  ASSERT_TRUE(turn.has_value());
  EXPECT_FALSE(scheduler_.TryBegin("sessions/b", kCheapTurn).has_value()) << "a turn is a task";
}

TEST_F(SchedulerInlineTurnTest, ATaskWithoutAKeyWorksOffManyOneAfterAnother) {
  absl::Notification ran[3];
  int ran_count = 0;
  int turn_count = 0;
  Task driver;
  driver.cost = kDearTurn;
  driver.run = [&](absl::Status) {
    for (const char* key : {"sessions/a", "sessions/b", "sessions/a"}) {
      const auto turn = scheduler_.TryBegin(key, kCheapTurn);
      turn_count += turn.has_value();
      EXPECT_FALSE(scheduler_.TryBegin("sessions/c", kCheapTurn).has_value()) << "inside a turn";
      Take("sessions/d", kCheapTurn, ran[ran_count]);
      EXPECT_FALSE(ran[ran_count++].HasBeenNotified()) << "not inline, as ever inside a task";
    }
  };
  ASSERT_TRUE(scheduler_.ScheduleAlone(std::move(driver)).ok());
  scheduler_.Drain();
  EXPECT_EQ(turn_count, 3);
}

TEST_F(SchedulerInlineTurnTest, MovedItEndsOnce) {
  absl::Notification ran;
  {
    std::optional<Scheduler::InlineTurn> moved;
    {
      auto turn = scheduler_.TryBegin(kKey, kCheapTurn);
      ASSERT_TRUE(turn.has_value());
      moved.emplace(*std::move(turn));
    }
    Take(kKey, kCheapTurn, ran);
    EXPECT_FALSE(ran.HasBeenNotified());
  }
  ran.WaitForNotification();
}

class SchedulerLoneTurnTest : public SchedulerInlineTurnTest {
 protected:
  // Runs a dear task. Returns whether that was inline.
  bool TakesInline(const std::string& key) {
    const std::thread::id here = std::this_thread::get_id();
    bool here_it_ran = false;
    Task task;
    task.cost = kDearTurn;
    task.run = [&](absl::Status) { here_it_ran = std::this_thread::get_id() == here; };
    EXPECT_TRUE(lone_.Schedule(key, std::move(task)).ok());
    lone_.Drain();
    return here_it_ran;
  }

  Scheduler lone_{{.worker_count = 1, .inline_cost = kCheapTurn, .lone_cost = kDearTurn}, clock_};
};

TEST_F(SchedulerLoneTurnTest, ADearTaskOfASessionThatIsAloneRunsInline) {
  EXPECT_FALSE(TakesInline(kKey)) << "perhaps others come, too";
  EXPECT_TRUE(TakesInline(kKey));
  EXPECT_TRUE(lone_.TryBegin(kKey, kDearTurn).has_value());
  EXPECT_FALSE(lone_.TryBegin(kKey, kDearTurn + 1).has_value());
  EXPECT_TRUE(TakesInline(kKey));
}

TEST_F(SchedulerLoneTurnTest, WhoeverElseComesEndsThat) {
  EXPECT_FALSE(TakesInline(kKey));
  EXPECT_FALSE(TakesInline("sessions/b"));
  EXPECT_FALSE(TakesInline(kKey)) << "they take turns";
  EXPECT_TRUE(lone_.TryBegin("sessions/c", kCheapTurn).has_value());
  EXPECT_FALSE(lone_.TryBegin(kKey, kDearTurn).has_value()) << "something cheap came";
  EXPECT_FALSE(TakesInline(kKey));
  Task task;
  task.run = [](absl::Status) {};
  EXPECT_TRUE(lone_.ScheduleAlone(std::move(task)).ok());
  lone_.Drain();
  EXPECT_FALSE(TakesInline(kKey)) << "something of no session came";
  EXPECT_TRUE(TakesInline(kKey));
}

TEST_F(SchedulerLoneTurnTest, NothingDearRunsInlineBesideATaskThatRuns) {
  EXPECT_FALSE(TakesInline(kKey));
  const auto turn = lone_.TryBegin(kKey, kCheapTurn);
  ASSERT_TRUE(turn.has_value());
  EXPECT_FALSE(lone_.TryBegin(kKey, kDearTurn).has_value());
}

class SchedulerTryMakeTest : public SchedulerInlineTurnTest {
 protected:
  // Steps through `inputs`, which say when they are made.
  std::unique_ptr<JointSteps> Steps(std::vector<float> inputs, std::string name) {
    return std::make_unique<JointRun<float>>(HomeworkModel(), Numerics{}, std::move(inputs),
                                             TraceOptions{}, [this, name](const auto& outcome) {
                                               EXPECT_TRUE(outcome.status.ok());
                                               made_.push_back(name);
                                             });
  }

  std::vector<std::string> made_;
};

TEST_F(SchedulerTryMakeTest, MakesThoseWhoseTurnCanBeginAndLeavesTheOthers) {
  absl::Notification started, released;
  Task blocker;
  blocker.cost = kDearTurn;
  blocker.run = [&](absl::Status) {
    started.Notify();
    released.WaitForNotification();
  };
  ASSERT_TRUE(scheduler_.Schedule("sessions/busy", std::move(blocker)).ok());
  started.WaitForNotification();
  const auto a = Steps({1, 0}, "a");
  const auto b = Steps({1}, "b");
  const auto busy = Steps({1}, "busy");
  const auto dear = Steps({1}, "dear");
  std::vector<JointTurn> turns = {{"sessions/a", kCheapTurn, a.get()},
                                  {"sessions/busy", kCheapTurn, busy.get()},
                                  {"sessions/dear", kDearTurn, dear.get()},
                                  {"sessions/b", kCheapTurn, b.get()}};
  scheduler_.TryMake(absl::MakeSpan(turns));
  EXPECT_THAT(made_, testing::ElementsAre("b", "a"));
  EXPECT_TRUE(turns[0].made && turns[3].made);
  EXPECT_FALSE(turns[1].made || turns[2].made);
  const Histogram::View rows = scheduler_.batch_rows().Look();
  EXPECT_EQ(rows.counts[1], 1) << "one step of two";
  EXPECT_EQ(rows.counts[0], 1) << "and one of one";
  released.Notify();
  scheduler_.Drain();
}

TEST_F(SchedulerTryMakeTest, MakesNoMoreTogetherThanIsAllowed) {
  Scheduler pairs({.worker_count = 1, .inline_cost = kCheapTurn, .max_batch_rows = 2}, clock_);
  const auto a = Steps({1}, "a");
  const auto b = Steps({1}, "b");
  const auto c = Steps({1}, "c");
  std::vector<JointTurn> turns = {{"sessions/a", kCheapTurn, a.get()},
                                  {"sessions/b", kCheapTurn, b.get()},
                                  {"sessions/c", kCheapTurn, c.get()}};
  pairs.TryMake(absl::MakeSpan(turns));
  EXPECT_THAT(made_, testing::ElementsAre("a", "b", "c"));
  const Histogram::View rows = pairs.batch_rows().Look();
  EXPECT_EQ(rows.counts[1], 1) << "two of them";
  EXPECT_EQ(rows.counts[0], 1) << "and the third";
}

TEST_F(SchedulerTryMakeTest, TheirTurnsEndAndWhatCameMeanwhileFollows) {
  absl::Notification ran;
  bool ran_early = false;
  JointRun<float> steps(HomeworkModel(), {}, {1}, {}, [&](const auto&) {
    Take(kKey, kCheapTurn, ran);
    ran_early = ran.HasBeenNotified();
    std::vector<JointTurn> inside = {{"sessions/b", kCheapTurn, nullptr}};
    scheduler_.TryMake(absl::MakeSpan(inside));
    EXPECT_FALSE(inside[0].made) << "not from inside a turn";
  });
  std::vector<JointTurn> turns = {{kKey, kCheapTurn, &steps}};
  scheduler_.TryMake(absl::MakeSpan(turns));
  EXPECT_TRUE(turns[0].made);
  ran.WaitForNotification();
  EXPECT_FALSE(ran_early);
  scheduler_.Drain();
  EXPECT_TRUE(scheduler_.TryBegin(kKey, kCheapTurn).has_value());
}

}  // namespace
}  // namespace cellar
