#include "server/base/clock.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(SystemClock, TellsAPlausibleTime) {
  const absl::Time now = SystemClock().Now();
  EXPECT_GT(now, absl::FromUnixSeconds(1'600'000'000));
  EXPECT_LT(now, absl::FromUnixSeconds(10'000'000'000));
}

TEST(SystemClock, IsOneObject) { EXPECT_EQ(&SystemClock(), &SystemClock()); }

TEST(SystemClock, NeverRunsBackwardsOnAnyThread) {
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([] {
      absl::Time latest = SystemClock().Now();
      for (int k = 0; k < 10'000; ++k) {
        const absl::Time now = SystemClock().Now();
        ASSERT_GE(now, latest);
        latest = now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace cellar
