#include "server/engine/step_crew.h"

#include <algorithm>
#include <cstddef>
#include <thread>

#include "server/base/processors.h"
#include "server/engine/crew_policy.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace cellar {
namespace {

// How often a thread looks before it lets another one have its processor: some 30 us.
constexpr int64_t kSpinsBeforeYield = 2000;

// Waits a little, the longer the more often it was called for the same thing.
class Spinner {
 public:
  void Wait() {
    if (++count_ % kSpinsBeforeYield == 0) {
      std::this_thread::yield();
      return;
    }
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
  void Reset() { count_ = 0; }
  int64_t yield_count() const { return count_ / kSpinsBeforeYield; }

 private:
  int64_t count_ = 0;
};

}  // namespace

StepCrew::StepCrew(int seats) : homes_(static_cast<size_t>(std::clamp(seats, 1, kMostSeats))) {}

void StepCrew::ShareOut(const Parts& parts, absl::FunctionRef<void(int64_t)> part) {
  const int64_t count = parts.count;
  const int64_t seat_count = seats();
  for (int64_t seat = 0; seat < seat_count; ++seat) {
    Home& home = homes_[static_cast<size_t>(seat)];
    home.begin = count * seat / seat_count;
    home.count = count * (seat + 1) / seat_count - home.begin;
    home.taken.store(0, std::memory_order_relaxed);
  }
  leaders_processor_.store(ThisProcessor(), std::memory_order_relaxed);
  backwards_ = parts.backwards;
  part_ = &part;
  part_count_ += count;
  const int64_t before = work_.load(std::memory_order_relaxed) / kPart;
  // In one order with what helpers do to phase_ and work_: whoever sees the phase open is seen
  // inside before it is closed for good.
  phase_.fetch_add(1, std::memory_order_seq_cst);
  const int64_t left = count - Work(0);
  Spinner spinner;
  while (work_.load(std::memory_order_acquire) / kPart - before < left) {
    spinner.Wait();
    if (spinner.yield_count() < YieldsOfAStall(parts.cost)) continue;
    stall_count_.fetch_add(1, std::memory_order_relaxed);
    spinner.Reset();
  }
  phase_.fetch_add(1, std::memory_order_seq_cst);
  spinner.Reset();
  while (work_.load(std::memory_order_seq_cst) % kPart != 0) spinner.Wait();
}

int64_t StepCrew::Work(int seat) {
  int64_t part_count = 0;
  const size_t seat_count = homes_.size();
  for (size_t k = 0; k < seat_count; ++k) {
    Home& home = homes_[(static_cast<size_t>(seat) + k) % seat_count];
    while (true) {
      const int64_t number = home.taken.fetch_add(1, std::memory_order_relaxed);
      if (number >= home.count) break;
      (*part_)(home.begin + (backwards_ ? home.count - 1 - number : number));
      ++part_count;
    }
  }
  return part_count;
}

int StepCrew::TakeSeat() {
  uint64_t taken = taken_seats_.load(std::memory_order_relaxed);
  for (int seat = 1; seat < seats();) {
    const uint64_t bit = uint64_t{1} << seat;
    if ((taken & bit) != 0) {
      ++seat;
    } else if (taken_seats_.compare_exchange_weak(taken, taken | bit, std::memory_order_acq_rel)) {
      return seat;
    }
  }
  return -1;
}

void StepCrew::Help(const std::atomic<int64_t>& wanted_elsewhere) {
  const int seat = TakeSeat();
  if (seat < 0) return;
  helper_count_.fetch_add(1, std::memory_order_relaxed);
  uint64_t last_phase = 0;
  bool may_move = true;
  Spinner spinner;
  while (!dismissed_.load(std::memory_order_acquire) &&
         wanted_elsewhere.load(std::memory_order_relaxed) == 0) {
    const int here = ThisProcessor();
    if (may_move && here == leaders_processor_.load(std::memory_order_relaxed)) {
      may_move = LeaveProcessor(here);
    }
    const uint64_t phase = phase_.load(std::memory_order_acquire);
    if (phase % 2 == 0 || phase == last_phase) {
      spinner.Wait();
      continue;
    }
    work_.fetch_add(kInside, std::memory_order_seq_cst);
    last_phase = phase_.load(std::memory_order_seq_cst);
    const int64_t part_count = last_phase % 2 == 1 ? Work(seat) : 0;
    work_.fetch_add(part_count * kPart - kInside, std::memory_order_release);
    spinner.Reset();
  }
  helper_count_.fetch_sub(1, std::memory_order_relaxed);
  taken_seats_.fetch_and(~(uint64_t{1} << seat), std::memory_order_acq_rel);
}

}  // namespace cellar
