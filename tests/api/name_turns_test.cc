#include "server/api/name_turns.h"

#include <thread>
#include <utility>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(NameTurns, DifferentNamesHaveTheirTurnsAtOnce) {
  NameTurns turns;
  const NameTurns::Turn a = turns.Take("a");
  const NameTurns::Turn b = turns.Take("b");
}

TEST(NameTurns, ATurnThatMovedEndsWhereItIsNow) {
  NameTurns turns;
  {
    NameTurns::Turn taken = turns.Take("a");
    const NameTurns::Turn moved = std::move(taken);
  }
  const NameTurns::Turn again = turns.Take("a");
}

TEST(NameTurns, WhoeverComesSecondSeesAllThatTheFirstDid) {
  NameTurns turns;
  absl::Notification taken;
  int value = 0;
  std::thread second;
  {
    const NameTurns::Turn first = turns.Take("a");
    second = std::thread([&] {
      taken.WaitForNotification();
      const NameTurns::Turn turn = turns.Take("a");
      EXPECT_EQ(value, 2);
    });
    taken.Notify();
    for (int i = 0; i < 2; ++i) {
      std::this_thread::yield();
      ++value;
    }
  }
  second.join();
}

// Both read and write what no lock guards.
TEST(NameTurns, ManyWhoWantTheSameNameAreNeverInItTogether) {
  NameTurns turns;
  int count = 0;
  const auto work = [&] {
    for (int i = 0; i < 100; ++i) {
      const NameTurns::Turn turn = turns.Take("a");
      const int before = count;
      std::this_thread::yield();
      count = before + 1;
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(count, 200);
}

}  // namespace
}  // namespace cellar
