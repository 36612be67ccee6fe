#include "server/base/metrics.h"

#include <algorithm>
#include <cstdint>

namespace cellar {

void Metrics::AddFamily(const std::string& name, const std::string& help, MetricKind kind,
                        std::function<std::vector<MetricSample>()> read) {
  auto source = std::find_if(sources_.begin(), sources_.end(),
                             [&](const Source& known) { return known.family.name == name; });
  if (source == sources_.end()) {
    sources_.push_back({{name, help, kind, {}}, {}});
    source = sources_.end() - 1;
  }
  source->reads.push_back(std::move(read));
}

void Metrics::AddCounter(const std::string& name, const std::string& help, const Counter& counter,
                         MetricLabels labels) {
  AddFamily(name, help, MetricKind::kCounter,
            [&counter, labels = std::move(labels)]() -> std::vector<MetricSample> {
              return {{labels, static_cast<double>(counter.Value())}};
            });
}

void Metrics::AddGauge(const std::string& name, const std::string& help,
                       std::function<double()> read, MetricLabels labels) {
  AddFamily(name, help, MetricKind::kGauge,
            [read = std::move(read), labels = std::move(labels)]() -> std::vector<MetricSample> {
              return {{labels, read()}};
            });
}

void Metrics::AddHistogram(const std::string& name, const std::string& help,
                           const Histogram& histogram, MetricLabels labels) {
  AddFamily(name, help, MetricKind::kHistogram,
            [&histogram, labels = std::move(labels)]() -> std::vector<MetricSample> {
              return {{labels, 0, histogram.Look(), histogram.bounds()}};
            });
}

void Metrics::AddCounters(const std::string& name, const std::string& help,
                          const CounterByWord& counters, const std::string& label) {
  AddFamily(name, help, MetricKind::kCounter, [&counters, label] {
    std::vector<MetricSample> samples;
    for (const auto& [word, value] : counters.Values()) {
      samples.push_back({{{label, word}}, static_cast<double>(value)});
    }
    return samples;
  });
}

std::vector<MetricFamily> Metrics::Collect() const {
  std::vector<MetricFamily> families;
  for (const Source& source : sources_) {
    MetricFamily family = source.family;
    for (const auto& read : source.reads) {
      for (MetricSample& sample : read()) family.samples.push_back(std::move(sample));
    }
    families.push_back(std::move(family));
  }
  return families;
}

}  // namespace cellar
