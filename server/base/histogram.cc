#include "server/base/histogram.h"

#include <algorithm>
#include <utility>

namespace cellar {
namespace {

constexpr double kShortestSeconds = 1e-6;
constexpr int kSecondsBoundCount = 13;

}  // namespace

std::vector<double> SecondsBounds() {
  std::vector<double> bounds;
  double bound = kShortestSeconds;
  for (int i = 0; i < kSecondsBoundCount; ++i, bound *= 4) bounds.push_back(bound);
  return bounds;
}

std::vector<double> CountBounds(int64_t most) {
  std::vector<double> bounds;
  for (int64_t bound = 1; bound <= most; bound *= 2) bounds.push_back(static_cast<double>(bound));
  return bounds;
}

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<int64_t>[]>(bounds_.size() + 1)) {}

void Histogram::Observe(double value, int64_t times) {
  const auto place = std::lower_bound(bounds_.begin(), bounds_.end(), value) - bounds_.begin();
  counts_[place].fetch_add(times, std::memory_order_relaxed);
  const double added = value * static_cast<double>(times);
  double sum = sum_.load(std::memory_order_relaxed);
  while (!sum_.compare_exchange_weak(sum, sum + added, std::memory_order_relaxed)) {
  }
}

Histogram::View Histogram::Look() const {
  View view;
  for (size_t i = 0; i <= bounds_.size(); ++i) {
    view.counts.push_back(counts_[i].load(std::memory_order_relaxed));
  }
  view.sum = sum_.load(std::memory_order_relaxed);
  return view;
}

}  // namespace cellar
