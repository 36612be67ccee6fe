#include "tests/testing/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace cellar {
namespace {

TEST(LatencyHistogram, AnEmptyOneHasNoPercentiles) {
  const LatencyHistogram histogram;

  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.Percentile(0.5), 0);
}

TEST(LatencyHistogram, KeepsSmallNumbersExactly) {
  LatencyHistogram histogram;
  for (int64_t nanos = 1; nanos <= 100; ++nanos) histogram.Record(nanos);

  EXPECT_EQ(histogram.count(), 100);
  EXPECT_EQ(histogram.Percentile(0.5), 50);
  EXPECT_EQ(histogram.Percentile(0.99), 99);
  EXPECT_EQ(histogram.Percentile(1), 100);
}

TEST(LatencyHistogram, TellsPercentilesWithinTheWidthOfABucket) {
  constexpr uint64_t kSeed = 5;
  std::mt19937_64 random(kSeed);
  std::lognormal_distribution<double> latency(11, 3);  // mostly 3 us to 1 ms, with a long tail
  LatencyHistogram histogram;
  std::vector<int64_t> all;
  for (int i = 0; i < 10'000; ++i) {
    all.push_back(static_cast<int64_t>(latency(random)));
    histogram.Record(all.back());
  }
  std::sort(all.begin(), all.end());
  for (const double fraction : {0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto exact = static_cast<double>(all[static_cast<size_t>(fraction * 10'000) - 1]);
    const auto told = static_cast<double>(histogram.Percentile(fraction));
    EXPECT_GE(told, exact) << "seed " << kSeed << ", fraction " << fraction;
    EXPECT_LE(told, 1 + exact * 1.016) << "seed " << kSeed << ", fraction " << fraction;
  }
}

TEST(LatencyHistogram, TakesInWhatAnotherOneHasRecorded) {
  LatencyHistogram histogram;
  LatencyHistogram other;
  for (int64_t nanos = 1; nanos <= 50; ++nanos) histogram.Record(nanos);
  for (int64_t nanos = 51; nanos <= 100; ++nanos) other.Record(nanos);

  histogram.Add(other);

  EXPECT_EQ(histogram.count(), 100);
  EXPECT_EQ(histogram.Percentile(0.5), 50);
  EXPECT_EQ(histogram.Percentile(0.99), 99);
}

TEST(LatencyHistogram, HoldsWhateverItIsGiven) {
  LatencyHistogram histogram;
  histogram.Record(-5);
  EXPECT_EQ(histogram.Percentile(1), 0);
  histogram.Record(INT64_MAX);
  EXPECT_GE(histogram.Percentile(1), int64_t{1} << 44);
}

}  // namespace
}  // namespace cellar
