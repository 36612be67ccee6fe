#include "server/operations/metrics_page.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"

namespace cellar {
namespace {

prometheus::MetricType TypeOf(MetricKind kind) {
  switch (kind) {
    case MetricKind::kCounter:
      return prometheus::MetricType::Counter;
    case MetricKind::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::kHistogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

// Their buckets count everything up to their bound, ours what is between two bounds.
prometheus::ClientMetric::Histogram HistogramOf(const MetricSample& sample) {
  prometheus::ClientMetric::Histogram histogram;
  for (size_t i = 0; i < sample.histogram.counts.size(); ++i) {
    histogram.sample_count += static_cast<uint64_t>(sample.histogram.counts[i]);
    const bool last = i == sample.bounds.size();
    histogram.bucket.push_back({histogram.sample_count,
                                last ? std::numeric_limits<double>::infinity() : sample.bounds[i]});
  }
  histogram.sample_sum = sample.histogram.sum;
  return histogram;
}

prometheus::ClientMetric MetricOf(const MetricSample& sample, MetricKind kind) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  metric.counter.value = sample.value;
  metric.gauge.value = sample.value;
  if (kind == MetricKind::kHistogram) metric.histogram = HistogramOf(sample);
  return metric;
}

}  // namespace

std::string MetricsPage(const std::vector<MetricFamily>& families) {
  std::vector<prometheus::MetricFamily> page;
  for (const MetricFamily& family : families) {
    if (family.samples.empty()) continue;
    prometheus::MetricFamily& theirs = page.emplace_back();
    theirs.name = family.name;
    theirs.help = family.help;
    theirs.type = TypeOf(family.kind);
    for (const MetricSample& sample : family.samples) {
      theirs.metric.push_back(MetricOf(sample, family.kind));
    }
  }
  return prometheus::TextSerializer().Serialize(page);
}

}  // namespace cellar
