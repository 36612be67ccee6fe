#include "server/operations/metrics_page.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(MetricsPage, IsWhatPrometheusReads) {
  Metrics metrics;
  Counter counter;
  counter.Add(12);
  Histogram histogram({0.5, 1});
  histogram.Observe(0.5);
  histogram.Observe(0.75);
  histogram.Observe(9.0);
  CounterByWord nothing({"x"});
  metrics.AddCounter("ended_total", "Ends.", counter, {{"cause", "a\"b\\c\n"}});
  metrics.AddGauge("level", "How high.", [] { return 2.5; });
  metrics.AddHistogram("seconds", "How long.", histogram);
  metrics.AddCounters("nothing_total", "Nothing.", nothing, "word");
  const std::string page = MetricsPage(metrics.Collect());
  EXPECT_THAT(page, HasSubstr("# HELP ended_total Ends.\n# TYPE ended_total counter\n"));
  EXPECT_THAT(page, HasSubstr("ended_total{cause=\"a\\\"b\\\\c\\n\"} 12\n"));
  EXPECT_THAT(page, HasSubstr("# TYPE level gauge\nlevel 2.5\n"));
  EXPECT_THAT(page, HasSubstr("seconds_count 3\nseconds_sum 10.25\n"
                              "seconds_bucket{le=\"0.5\"} 1\nseconds_bucket{le=\"1\"} 2\n"
                              "seconds_bucket{le=\"+Inf\"} 3\n"));
  EXPECT_THAT(page, Not(HasSubstr("nothing")));
}

}  // namespace
}  // namespace cellar
