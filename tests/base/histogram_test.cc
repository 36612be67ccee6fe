#include "server/base/histogram.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::ElementsAre;

TEST(Histogram, PutsAValueOnABoundBelowIt) {
  Histogram histogram({1, 10});
  for (const double value : {0.0, 1.0, 1.5, 10.0, 10.5}) histogram.Observe(value);
  EXPECT_THAT(histogram.Look().counts, ElementsAre(2, 2, 1));
  EXPECT_EQ(histogram.Look().sum, 23);
}

TEST(Histogram, CountsASampleAsOftenAsItStandsFor) {
  Histogram histogram({1});
  histogram.Observe(absl::Milliseconds(500), 64);
  EXPECT_THAT(histogram.Look().counts, ElementsAre(64, 0));
  EXPECT_EQ(histogram.Look().sum, 32);
}

TEST(Histogram, LosesNothingBetweenThreads) {
  Histogram histogram({1});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&histogram] {
      for (int n = 0; n < 1000; ++n) histogram.Observe(2.0);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(histogram.Look().counts, ElementsAre(0, 4000));
  EXPECT_EQ(histogram.Look().sum, 8000);
}

TEST(HistogramBounds, ReachFromOneMicrosecondToSeconds) {
  const std::vector<double> bounds = SecondsBounds();
  EXPECT_EQ(bounds.front(), 1e-6);
  EXPECT_DOUBLE_EQ(bounds.back(), 16.777216);
  EXPECT_THAT(CountBounds(10), ElementsAre(1, 2, 4, 8));
}

}  // namespace
}  // namespace cellar
