#include "server/engine/batch_policy.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "gtest/gtest.h"

namespace cellar {
namespace {

constexpr int64_t kManySteps = std::numeric_limits<int64_t>::max();

TEST(NewcomersToTake, AreAllThatWaitUpToAFullBatchWhateverElseIsFree) {
  EXPECT_EQ(NewcomersToTake({.waiting = 0, .present = 1}), 0);
  EXPECT_EQ(NewcomersToTake({.waiting = 7, .present = 1}), 7);
  EXPECT_EQ(NewcomersToTake({.waiting = 7, .present = 1, .free_workers = 3}), 7);
}

TEST(NewcomersToTake, AreNoMoreThanABatchHolds) {
  EXPECT_EQ(NewcomersToTake({.waiting = 1000, .present = 1}), kMostBatchRows - 1);
  EXPECT_EQ(NewcomersToTake({.waiting = 1000, .present = kMostBatchRows}), 0);
}

TEST(NewcomersToTake, AreNoMoreThanIsAllowed) {
  EXPECT_EQ(NewcomersToTake({.waiting = 1000, .present = 1, .most_rows = 1}), 0);
  EXPECT_EQ(NewcomersToTake({.waiting = 1000, .present = 0, .most_rows = 1}), 1);
  EXPECT_EQ(NewcomersToTake({.waiting = 1000, .present = 1, .most_rows = 12}), 11);
  EXPECT_EQ(NewcomersToTake({.waiting = 9, .present = 1, .others_wait = true, .most_rows = 3}), 2);
  EXPECT_EQ(NewcomersToTake({.waiting = 9, .present = 1, .others_wait = true, .most_rows = 12}),
            kFullBatchRows - 1);
}

TEST(NewcomersToTake, LeaveTheirShareToAFreeWorker) {
  EXPECT_EQ(NewcomersToTake({.waiting = 19, .present = 1, .free_workers = 1}), 9);
  EXPECT_EQ(NewcomersToTake({.waiting = 9, .present = 1, .free_workers = 1}), kFullBatchRows - 1);
  EXPECT_EQ(NewcomersToTake({.waiting = 1, .present = 20, .free_workers = 1}), 0);
}

TEST(NewcomersToTake, AreFewWhileOthersWait) {
  EXPECT_EQ(NewcomersToTake({.waiting = 100, .present = 1, .others_wait = true}),
            kFullBatchRows - 1);
  EXPECT_EQ(NewcomersToTake({.waiting = 100, .present = kFullBatchRows, .others_wait = true}), 0);
}

TEST(NewcomersToTake, AreNoneOnceTheFoundersAreGoneAndOthersWait) {
  JoinSituation situation{.waiting = 3, .present = 1, .founders_present = false};
  EXPECT_EQ(NewcomersToTake(situation), 3);
  situation.others_wait = true;
  EXPECT_EQ(NewcomersToTake(situation), 0);
  situation.founders_present = true;
  EXPECT_EQ(NewcomersToTake(situation), 3);
}

// With every number that could be told: never more than wait, never less than nothing.
TEST(NewcomersToTake, StayWithinTheirBounds) {
  for (int64_t waiting = 0; waiting < 100; ++waiting) {
    for (int64_t present = 0; present <= kMostBatchRows; ++present) {
      for (int64_t free_workers = 0; free_workers < 5; ++free_workers) {
        for (int bits = 0; bits < 4; ++bits) {
          const int64_t count =
              NewcomersToTake({waiting, present, (bits & 1) != 0, (bits & 2) != 0, free_workers});
          ASSERT_GE(count, 0);
          ASSERT_LE(count, waiting);
          ASSERT_LE(present + count, kMostBatchRows);
        }
      }
    }
  }
}

TEST(WakesWorker, ForTheFirstAndForEachThatBeginsOneMoreFullBatch) {
  EXPECT_TRUE(WakesWorker(0, kMostBatchRows));
  for (int64_t waiting = 1; waiting < kFullBatchRows; ++waiting) {
    EXPECT_FALSE(WakesWorker(waiting, kMostBatchRows));
  }
  EXPECT_TRUE(WakesWorker(kFullBatchRows, kMostBatchRows));
  EXPECT_FALSE(WakesWorker(kFullBatchRows + 1, kMostBatchRows));
}

TEST(WakesWorker, ForEverySessionWhereEachStepsByItself) {
  for (int64_t waiting = 0; waiting < 20; ++waiting) EXPECT_TRUE(WakesWorker(waiting, 1));
}

// A worker that wakes with the others free takes as many as it was woken for, so that nobody is
// left without one.
TEST(WakesWorker, SoManyThatWhoeverWakesTakesWhatItWasWokenFor) {
  for (int64_t most_rows : {int64_t{1}, int64_t{3}, kFullBatchRows, kMostBatchRows}) {
    for (int64_t waiting = 1; waiting <= std::min(kFullBatchRows, most_rows); ++waiting) {
      for (int64_t free_workers = 0; free_workers < 5; ++free_workers) {
        EXPECT_EQ(NewcomersToTake({.waiting = waiting - 1,
                                   .present = 1,
                                   .free_workers = free_workers,
                                   .most_rows = most_rows}),
                  waiting - 1);
      }
    }
  }
}

TEST(AdvanceLength, IsAsFarAsTheFirstGoesWhileNobodyComes) {
  const AdvanceLength length;
  EXPECT_EQ(length.Next(5, 100, 1), 5);
  EXPECT_EQ(length.Next(500, 100, 1), 100);
}

TEST(AdvanceLength, IsShortWhereStepsAreDearButShares16) {
  const AdvanceLength length;
  EXPECT_EQ(length.Next(500, 500, 1'000'000), 32);
  EXPECT_EQ(length.Next(500, 500, 1'000'000'000), 16);
  EXPECT_EQ(length.Next(3, 500, 1'000'000'000), 3);
}

TEST(AdvanceLength, BeginsWithOneStepAfterADisturbanceAndDoubles) {
  AdvanceLength length;
  length.Note(/*disturbed=*/true);
  for (int64_t expected : {1, 2, 4, 8}) {
    EXPECT_EQ(length.Next(kManySteps, kManySteps, 1), expected);
    length.Note(/*disturbed=*/false);
  }
  length.Note(/*disturbed=*/true);
  EXPECT_EQ(length.Next(kManySteps, kManySteps, 1), 1);
}

TEST(AdvanceLength, DoesNotOverflowHoweverLongItIsLeftAlone) {
  AdvanceLength length;
  length.Note(/*disturbed=*/true);
  for (int i = 0; i < 200; ++i) length.Note(/*disturbed=*/false);
  EXPECT_EQ(length.Next(1000, 1000, 1), 1000);
}

}  // namespace
}  // namespace cellar
