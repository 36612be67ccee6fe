#include "server/engine/step_crew.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <numeric>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::ElementsAre;

const std::atomic<int64_t> kNowhereElse{0};

TEST(StepCrew, ALeaderAloneRunsEveryPartOnceAndInOrder) {
  StepCrew crew(1);
  std::vector<int64_t> order;
  crew.ShareOut({.count = 4}, [&](int64_t part) { order.push_back(part); });
  EXPECT_THAT(order, ElementsAre(0, 1, 2, 3));
  order.clear();
  crew.ShareOut({.count = 4, .backwards = true}, [&](int64_t part) { order.push_back(part); });
  EXPECT_THAT(order, ElementsAre(3, 2, 1, 0));
}

TEST(StepCrew, ALeaderWhomNobodyHelpsDoesTheOthersPartsToo) {
  StepCrew crew(3);
  std::vector<int64_t> order;
  crew.ShareOut({.count = 6, .backwards = true}, [&](int64_t part) { order.push_back(part); });
  EXPECT_THAT(order, ElementsAre(1, 0, 3, 2, 5, 4));  // its own home first
  crew.ShareOut({.count = 0}, [&](int64_t) { ADD_FAILURE() << "there was no part"; });
}

TEST(StepCrew, EveryPartRunsOnceWhateverComesAndGoes) {
  constexpr int64_t kParts = 23;
  StepCrew crew(4);
  std::vector<std::thread> helpers;
  std::atomic<int64_t> called_away{0};
  for (int k = 0; k < 6; ++k) {  // more than there are seats for
    helpers.emplace_back([&, k] {
      for (int visit = 0; visit < 50; ++visit) crew.Help(k % 2 == 0 ? called_away : kNowhereElse);
    });
  }
  std::vector<int64_t> counts(kParts);  // without a lock: ShareOut orders everything
  for (int64_t round = 1; round <= 5000; ++round) {
    called_away = round % 7 == 0 ? 1 : 0;
    crew.ShareOut({.count = kParts, .backwards = round % 2 == 0},
                  [&](int64_t part) { ++counts[static_cast<size_t>(part)]; });
    ASSERT_EQ(*std::min_element(counts.begin(), counts.end()), round);
    ASSERT_EQ(*std::max_element(counts.begin(), counts.end()), round);
  }
  crew.Dismiss();
  for (std::thread& helper : helpers) helper.join();
  EXPECT_EQ(crew.helper_count(), 0);
}

TEST(StepCrew, AHelperWorksBesideTheLeader) {
  StepCrew crew(2);
  std::thread helper([&] { crew.Help(kNowhereElse); });
  absl::Notification both[2];
  // Each part waits for the other one: only two threads can finish them.
  crew.ShareOut({.count = 2}, [&](int64_t part) {
    both[part].Notify();
    both[1 - part].WaitForNotification();
  });
  EXPECT_EQ(crew.helper_count(), 1);
  EXPECT_EQ(crew.part_count(), 2);
  EXPECT_EQ(crew.helped_part_count(), 1);
  crew.Dismiss();
  helper.join();
}

TEST(StepCrew, CountsAStallWhenAHelperIsHeldUp) {
  StepCrew crew(2);
  std::thread helper([&] { crew.Help(kNowhereElse); });
  const std::thread::id leader = std::this_thread::get_id();
  std::atomic<bool> held_up{false};
  crew.ShareOut({.count = 2}, [&](int64_t) {
    if (std::this_thread::get_id() == leader) {
      while (!held_up) std::this_thread::yield();
    } else {
      held_up = true;
      while (crew.stall_count() == 0) std::this_thread::yield();
    }
  });
  EXPECT_GE(crew.stall_count(), 1);
  crew.Dismiss();
  helper.join();
}

// Has the calling thread run nowhere but on `processor`.
void StayOn(int processor) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(processor, &only);
  ASSERT_EQ(sched_setaffinity(0, sizeof(only), &only), 0);
}

TEST(StepCrew, AHelperMovesAwayFromItsLeadersProcessor) {
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  if (CPU_COUNT(&allowed) < 2) GTEST_SKIP() << "there is no other";
  const int leaders = sched_getcpu();
  StayOn(leaders);
  // Whatever the system does with them meanwhile: most helpers are elsewhere at their first part.
  constexpr int kCrews = 20;
  int elsewhere = 0;
  for (int k = 0; k < kCrews; ++k) {
    StepCrew crew(2);
    std::thread helper([&] {
      StayOn(leaders);
      ASSERT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
      crew.Help(kNowhereElse);
    });
    int helpers = leaders;
    absl::Notification both[2];
    crew.ShareOut({.count = 2}, [&](int64_t part) {
      if (part == 1) helpers = sched_getcpu();
      both[part].Notify();
      both[1 - part].WaitForNotification();
    });
    crew.Dismiss();
    helper.join();
    if (helpers != leaders) ++elsewhere;
  }
  EXPECT_GE(elsewhere, kCrews * 3 / 4);
  ASSERT_EQ(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
}

TEST(StepCrew, AHelperLeavesWhenItIsWantedElsewhere) {
  StepCrew crew(2);
  std::atomic<int64_t> wanted{0};
  std::thread helper([&] { crew.Help(wanted); });
  wanted = 1;
  helper.join();
  EXPECT_EQ(crew.helper_count(), 0);
}

TEST(StepCrew, NobodyComesAfterItWasDismissedOrWhenItIsFull) {
  StepCrew dismissed(2);
  dismissed.Dismiss();
  dismissed.Help(kNowhereElse);  // returns
  StepCrew full(1);
  full.Help(kNowhereElse);
}

}  // namespace
}  // namespace cellar
