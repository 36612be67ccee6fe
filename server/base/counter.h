// A number that many threads add to and few read: what happened, counted while it happens.
//
// Each thread adds in one of a few places, each in a cache line of its own, so that threads that
// count the same thing do not wait for each other. An addition takes about 5 ns.
//
// Thread safety: all methods may be called from any thread; lock-free. A reader sees every addition
// that happened before, and perhaps some of those that happen meanwhile.
#ifndef CELLAR_SERVER_BASE_COUNTER_H_
#define CELLAR_SERVER_BASE_COUNTER_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"

namespace cellar {

class Counter {
 public:
  Counter() = default;
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  void Add(int64_t amount = 1) {
    places_[ThreadPlace()].value.fetch_add(amount, std::memory_order_relaxed);
  }

  int64_t Value() const;

 private:
  static constexpr size_t kPlaceCount = 8;
  struct alignas(64) Place {
    std::atomic<int64_t> value{0};
  };

  // Threads take places in rotation, at their first addition to any counter.
  static size_t ThreadPlace() {
    if (thread_place == kNoPlace) thread_place = NextPlace();
    return thread_place;
  }
  static size_t NextPlace();

  static constexpr size_t kNoPlace = kPlaceCount;
  static inline constinit thread_local size_t thread_place = kNoPlace;

  std::array<Place, kPlaceCount> places_;
};

// One counter for each of a fixed set of words, and one for whatever is none of them.
class CounterByWord {
 public:
  static constexpr absl::string_view kOther = "OTHER";

  explicit CounterByWord(const std::vector<std::string>& words);

  void Add(absl::string_view word);

  // Every word that has been counted, in alphabetical order.
  std::vector<std::pair<std::string, int64_t>> Values() const;

 private:
  // Constant after construction; the counters lock themselves.
  absl::flat_hash_map<std::string, std::unique_ptr<Counter>> counters_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_BASE_COUNTER_H_
