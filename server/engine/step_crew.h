// One step shared by several threads: a leader, who has it, and helpers, who come when they can and
// go when they must.
//
// The leader never waits for a helper to come: what nobody takes it does itself. Each has a home
// among the parts, the same at every step, so that what it reads stays in its own cache; who is
// done at home goes on where others are behind. Between two steps helpers spin, for a hand-over
// through the system would take longer than most steps. On the leader's own processor a helper
// only takes from it what it gives, so it moves to another one.
//
// Thread safety: ShareOut, Dismiss and part_count belong to the leader's thread; the rest may be
// called from any.
#ifndef CELLAR_SERVER_ENGINE_STEP_CREW_H_
#define CELLAR_SERVER_ENGINE_STEP_CREW_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "server/base/aligned_buffer.h"

namespace cellar {

class StepCrew {
 public:
  // With room for `seats` threads, the leader included; at least 1, at most kMostSeats.
  explicit StepCrew(int seats);
  StepCrew(const StepCrew&) = delete;
  StepCrew& operator=(const StepCrew&) = delete;

  static constexpr int kMostSeats = 64;

  int seats() const { return static_cast<int>(homes_.size()); }

  // Helpers that are there.
  int helper_count() const { return helper_count_.load(std::memory_order_relaxed); }

  // How often the leader waited so long for a helper that something else must have its processor:
  // then the machine has no core to spare.
  int stall_count() const { return stall_count_.load(std::memory_order_relaxed); }

  // Parts that were shared out so far, and how many of them helpers have run.
  int64_t part_count() const { return part_count_; }
  int64_t helped_part_count() const { return work_.load(std::memory_order_relaxed) / kPart; }

  // What is shared out: part(k) for every k of [0, count).
  struct Parts {
    int64_t count = 0;
    int64_t cost = 0;        // of one, in multiply-adds, about: how long a helper may take
    bool backwards = false;  // everyone begins with the last parts of its home
  };

  // Runs each part once, on some thread of the crew, and returns when all have run.
  void ShareOut(const Parts& parts, absl::FunctionRef<void(int64_t)> part);

  // Helpers leave, and no others come.
  void Dismiss() { dismissed_.store(true, std::memory_order_release); }

  // Helps until it is dismissed, or `wanted_elsewhere` becomes other than 0, on another processor
  // than the leader's if there is one. Returns at once if all seats are taken.
  void Help(const std::atomic<int64_t>& wanted_elsewhere);

 private:
  // A run of parts, begun in order by whoever takes the next.
  struct alignas(kCacheLineBytes) Home {
    std::atomic<int64_t> taken{0};
    int64_t begin = 0;
    int64_t count = 0;
  };

  // A seat that is taken, or -1.
  int TakeSeat();

  // Runs parts until none is left that nobody has taken; returns how many.
  int64_t Work(int seat);

  // In work_: one helper that may read what the leader has written, and one part that a helper has
  // run. Together, because a cache line takes as long from core to core as some thousand
  // multiply-adds.
  static constexpr int64_t kInside = 1;
  static constexpr int64_t kPart = int64_t{1} << 8;

  // Even: nothing may be taken. Odd: what stands below is shared out.
  alignas(kCacheLineBytes) std::atomic<uint64_t> phase_{0};
  std::atomic<int> leaders_processor_{-1};  // when it shared out last
  // Written while the phase is even and no helper is inside; homes_ too.
  bool backwards_ = false;
  const absl::FunctionRef<void(int64_t)>* part_ = nullptr;
  int64_t part_count_ = 0;

  alignas(kCacheLineBytes) std::atomic<int64_t> work_{0};

  alignas(kCacheLineBytes) std::atomic<bool> dismissed_{false};
  std::atomic<int> helper_count_{0};
  std::atomic<int> stall_count_{0};
  std::atomic<uint64_t> taken_seats_{1};  // bit by bit; the leader has the first
  std::vector<Home> homes_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_STEP_CREW_H_
