#include "server/base/metrics.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Metrics, ShowsWhatThereIsWhenAsked) {
  Metrics metrics;
  Counter counter;
  double level = 1;
  metrics.AddCounter("a_total", "Things.", counter);
  metrics.AddGauge("level", "How high.", [&level] { return level; });
  counter.Add(3);
  level = 2;
  const auto families = metrics.Collect();
  ASSERT_EQ(families.size(), 2);
  EXPECT_EQ(families[0].name, "a_total");
  EXPECT_EQ(families[0].help, "Things.");
  EXPECT_EQ(families[0].kind, MetricKind::kCounter);
  EXPECT_EQ(families[0].samples[0].value, 3);
  EXPECT_EQ(families[1].kind, MetricKind::kGauge);
  EXPECT_EQ(families[1].samples[0].value, 2);
}

TEST(Metrics, SamplesOfOneNameAreOneFamily) {
  Metrics metrics;
  Counter expired, deleted;
  metrics.AddCounter("ended_total", "Ends.", expired, {{"cause", "expired"}});
  metrics.AddGauge("between", "", [] { return 0.0; });
  metrics.AddCounter("ended_total", "", deleted, {{"cause", "deleted"}});
  const auto families = metrics.Collect();
  ASSERT_EQ(families.size(), 2);
  EXPECT_EQ(families[0].help, "Ends.");
  ASSERT_EQ(families[0].samples.size(), 2);
  EXPECT_THAT(families[0].samples[1].labels, ElementsAre(Pair("cause", "deleted")));
}

TEST(Metrics, CountersByWordShowOnlyWhatHappened) {
  Metrics metrics;
  CounterByWord reasons({"FULL", "GONE"});
  metrics.AddCounters("refusals_total", "Refusals.", reasons, "reason");
  EXPECT_THAT(metrics.Collect()[0].samples, IsEmpty());
  reasons.Add("GONE");
  const auto samples = metrics.Collect()[0].samples;
  ASSERT_EQ(samples.size(), 1);
  EXPECT_THAT(samples[0].labels, ElementsAre(Pair("reason", "GONE")));
}

TEST(Metrics, AHistogramComesWithItsBounds) {
  Metrics metrics;
  Histogram histogram({1, 2});
  metrics.AddHistogram("seconds", "", histogram);
  histogram.Observe(1.5);
  const MetricSample sample = metrics.Collect()[0].samples[0];
  EXPECT_THAT(sample.bounds, ElementsAre(1, 2));
  EXPECT_THAT(sample.histogram.counts, ElementsAre(0, 1, 0));
}

}  // namespace
}  // namespace cellar
