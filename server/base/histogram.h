// How measured values are spread: how many fell below each of a few bounds, and their sum.
//
// Thread safety: all methods may be called from any thread; lock-free. For what happens up to some
// hundred thousand times a second: all threads write to the same places.
#ifndef CELLAR_SERVER_BASE_HISTOGRAM_H_
#define CELLAR_SERVER_BASE_HISTOGRAM_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/time/time.h"

namespace cellar {

// Bounds for durations in seconds: a microsecond and 12 more, each four times the one before, up to
// 16.8 s.
std::vector<double> SecondsBounds();

// Bounds for counts: the powers of two up to `most`.
std::vector<double> CountBounds(int64_t most);

class Histogram {
 public:
  // `bounds` are inclusive upper bounds, in ascending order.
  explicit Histogram(std::vector<double> bounds);
  Histogram(const Histogram&) = delete;
  Histogram& operator=(const Histogram&) = delete;

  // Notes a value `times` times (of which a sample was taken, if more than once).
  void Observe(double value, int64_t times = 1);
  void Observe(absl::Duration value, int64_t times = 1) {
    Observe(absl::ToDoubleSeconds(value), times);
  }

  struct View {
    std::vector<int64_t> counts;  // values in each interval; the last: above all bounds
    double sum = 0;
  };
  View Look() const;

  const std::vector<double>& bounds() const { return bounds_; }

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<int64_t>[]> counts_;  // one more than bounds
  std::atomic<double> sum_{0};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_HISTOGRAM_H_
