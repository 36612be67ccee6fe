// Counts of latencies in buckets of at most 1.6 % width, from nanoseconds to hours, in 20 KiB: as
// HdrHistogram does it. Percentiles of many thousand latencies cost no sorting and no memory each.
//
// Thread safety: a value; externally synchronised.
#ifndef CELLAR_TESTS_TESTING_LATENCY_HISTOGRAM_H_
#define CELLAR_TESTS_TESTING_LATENCY_HISTOGRAM_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace cellar {

class LatencyHistogram {
 public:
  void Record(int64_t nanos) {
    ++buckets_[BucketOf(nanos)];
    ++count_;
  }

  // Records what another one has recorded.
  void Add(const LatencyHistogram& other) {
    for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      buckets_[bucket] += other.buckets_[bucket];
    }
    count_ += other.count_;
  }

  int64_t count() const { return count_; }

  // The smallest latency, in nanoseconds, that at least `fraction` (0 to 1) of all do not exceed;
  // the upper edge of its bucket. 0 if nothing was recorded.
  int64_t Percentile(double fraction) const {
    const auto wanted = static_cast<int64_t>(fraction * static_cast<double>(count_));
    int64_t seen = 0;
    for (size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      seen += buckets_[bucket];
      if (seen > 0 && seen >= wanted) return UpperEdge(bucket);
    }
    return 0;
  }

 private:
  static constexpr int kBitsKept = 6;  // 64 buckets for each power of two
  static constexpr size_t kPerPower = size_t{1} << kBitsKept;
  static constexpr int kLongestBits = 44;  // 2^44 ns: almost five hours

  static size_t BucketOf(int64_t nanos) {
    const auto value = static_cast<uint64_t>(nanos < 0 ? 0 : nanos);
    if (value < kPerPower) return value;
    const int shift = std::bit_width(value) - 1 - kBitsKept;
    if (shift > kLongestBits - kBitsKept) return kBucketCount - 1;
    return kPerPower * static_cast<size_t>(shift) + (value >> shift);
  }

  static int64_t UpperEdge(size_t bucket) {
    if (bucket < 2 * kPerPower) return static_cast<int64_t>(bucket);
    const size_t shift = bucket / kPerPower - 1;
    const size_t kept = bucket - kPerPower * shift;
    return static_cast<int64_t>(((kept + 1) << shift) - 1);
  }

  static constexpr size_t kBucketCount = kPerPower * (kLongestBits - kBitsKept + 2);

  std::array<int64_t, kBucketCount> buckets_{};
  int64_t count_ = 0;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_LATENCY_HISTOGRAM_H_
