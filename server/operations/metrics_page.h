// Metrics as Prometheus reads them.
//
// Thread safety: a pure function of its argument.
#ifndef CELLAR_SERVER_OPERATIONS_METRICS_PAGE_H_
#define CELLAR_SERVER_OPERATIONS_METRICS_PAGE_H_

#include <string>
#include <vector>

#include "server/base/metrics.h"

namespace cellar {

// What MetricsPage is called in HTTP.
inline constexpr char kMetricsPageType[] = "text/plain; version=0.0.4; charset=utf-8";

// The families in Prometheus' text format 0.0.4; families without samples are left out.
std::string MetricsPage(const std::vector<MetricFamily>& families);

}  // namespace cellar

#endif  // CELLAR_SERVER_OPERATIONS_METRICS_PAGE_H_
