#include "server/base/clock.h"

#include <atomic>
#include <cstdint>

#include "absl/time/clock.h"

namespace cellar {
namespace {

// The wall clock can be set back; the largest time seen so far is kept so that Now() cannot.
class MonotoneWallClock final : public Clock {
 public:
  absl::Time Now() override {
    const int64_t now = absl::GetCurrentTimeNanos();
    int64_t latest = latest_nanos_.load(std::memory_order_relaxed);
    while (latest < now && !latest_nanos_.compare_exchange_weak(latest, now)) {
    }
    return absl::FromUnixNanos(latest < now ? now : latest);
  }

 private:
  std::atomic<int64_t> latest_nanos_{0};
};

}  // namespace

Clock& SystemClock() {
  static MonotoneWallClock* const clock =
      new MonotoneWallClock;  // never destroyed: used until the last thread ends
  return *clock;
}

}  // namespace cellar
