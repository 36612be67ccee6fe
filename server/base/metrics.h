// The names under which numbers of a running process are shown. Whoever counts owns its counters
// (counter.h, histogram.h) or can be asked for a number; here they get a name, a help text and
// labels, as Prometheus has them.
//
// Thread safety: the Add methods belong to one thread and come before all others; Collect may be
// called from any thread.
// Ownership: counters and histograms, and what the functions refer to, outlive the metrics.
#ifndef CELLAR_SERVER_BASE_METRICS_H_
#define CELLAR_SERVER_BASE_METRICS_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "server/base/counter.h"
#include "server/base/histogram.h"

namespace cellar {

// kCounter only ever grows.
enum class MetricKind { kCounter, kGauge, kHistogram };

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

struct MetricSample {
  MetricLabels labels;
  double value = 0;                 // of a counter or gauge
  Histogram::View histogram = {};   // of a histogram
  std::vector<double> bounds = {};  // of a histogram
};

struct MetricFamily {
  std::string name;
  std::string help;
  MetricKind kind = MetricKind::kGauge;
  std::vector<MetricSample> samples;
};

class Metrics {
 public:
  // What has the same name is one family: it gets one help text (the first) and needs labels that
  // differ.
  void AddCounter(const std::string& name, const std::string& help, const Counter& counter,
                  MetricLabels labels = {});
  void AddGauge(const std::string& name, const std::string& help, std::function<double()> read,
                MetricLabels labels = {});
  void AddHistogram(const std::string& name, const std::string& help, const Histogram& histogram,
                    MetricLabels labels = {});

  // One sample for each word, with the word as the label `label`.
  void AddCounters(const std::string& name, const std::string& help, const CounterByWord& counters,
                   const std::string& label);

  // A family whose samples are known only when it is asked for.
  void AddFamily(const std::string& name, const std::string& help, MetricKind kind,
                 std::function<std::vector<MetricSample>()> read);

  // All families as they are now, in the order in which they were added.
  std::vector<MetricFamily> Collect() const;

 private:
  struct Source {
    MetricFamily family;  // without samples
    std::vector<std::function<std::vector<MetricSample>()>> reads;
  };

  std::vector<Source> sources_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_METRICS_H_
