// The states before the last few stepping requests, and their inputs: what a retry is recomputed
// from (the bit contract makes it exact) and what RewindSession goes back to. Steps in between
// requests are reached by stepping again.
//
// Thread safety: a value; externally synchronised. Copies share states and inputs, which are
// immutable.
#ifndef CELLAR_SERVER_SESSION_REPLAY_WINDOW_H_
#define CELLAR_SERVER_SESSION_REPLAY_WINDOW_H_

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/types/span.h"
#include "server/base/shared_numbers.h"

namespace cellar {

// One request that was applied.
struct ReplayEntry {
  int64_t first_step = 0;
  int64_t step_count = 0;
  SharedNumbers state_before;  // as in SessionProgress
  SharedNumbers inputs;        // [step_count, I], row-major, in the precision of the session
};

class ReplayWindow {
 public:
  static constexpr int64_t kMostRequests = 65'535;  // that a ring can count

  // Keeps at most `max_requests` entries; 0 keeps none. One that never had any is a number in 8
  // bytes. REQUIRES: 0 <= max_requests <= kMostRequests.
  explicit ReplayWindow(int64_t max_requests) : word_(WordOf(max_requests)) {}
  ReplayWindow(const ReplayWindow& other);
  ReplayWindow(ReplayWindow&& other) noexcept
      : word_(std::exchange(other.word_, WordOf(other.max_requests()))) {}
  ReplayWindow& operator=(ReplayWindow other) noexcept {
    std::swap(word_, other.word_);
    return *this;
  }
  ~ReplayWindow() { Free(ring()); }

  // Adds the newest request; the oldest goes if there are too many, and is returned (an empty entry
  // otherwise) for whoever wants to choose when its memory is freed.
  // REQUIRES: entry.first_step is where the newest entry ended (if there is one).
  ReplayEntry Push(ReplayEntry entry);

  // What SizeBytes and the number of entries grow by if `entry` is pushed; may be negative. Looks
  // at nothing that the oldest entry refers to, which nobody has touched for long. REQUIRES: like
  // all of them, `entry` has a state of the session and a row of its inputs for each step.
  struct Growth {
    int64_t bytes = 0;
    int64_t entry_count = 0;
  };
  Growth GrowthBy(const ReplayEntry& entry) const;

  // Has the processor fetch what the next Push will look at.
  void Prefetch() const {
    if (const Ring* const held = ring()) __builtin_prefetch(held);
  }

  // Has it fetch what the next Push will hand out to be freed, too.
  void PrefetchOldest() const {
    if (entry_count() == 0 || !IsFull()) return;
    entry(0).state_before.Prefetch();
    entry(0).inputs.Prefetch();
  }

  // The entry that contains `step`, or nullptr.
  const ReplayEntry* Find(int64_t step) const;

  int64_t entry_count() const { return ring() == nullptr ? 0 : ring()->count; }

  // The k-th oldest entry. REQUIRES: 0 <= k < entry_count().
  const ReplayEntry& entry(int64_t k) const { return EntriesOf(ring())[PlaceOf(k)]; }

  // Forgets everything from `step` on: the entry that contains it is cut to the steps before it.
  // REQUIRES: `step` lies in the window, or at its end.
  void TruncateAt(int64_t step);

  void Clear() { *this = ReplayWindow(max_requests()); }

  // Oldest step that can be reached; `next_step` if the window is empty.
  int64_t OldestStep(int64_t next_step) const {
    return entry_count() == 0 ? next_step : entry(0).first_step;
  }

  // Bytes of the states and inputs held. Looks at all of them.
  int64_t SizeBytes() const;

 private:
  // Entries of contiguous steps, from `oldest` on and around; room for `capacity` of them follows.
  struct Ring {
    uint16_t max_requests;
    uint16_t count;
    uint16_t capacity;
    uint16_t oldest;  // 0 unless it is full
  };

  static uintptr_t WordOf(int64_t max_requests) {
    return static_cast<uintptr_t>(max_requests) << 1 | 1;
  }
  static ReplayEntry* EntriesOf(const Ring* ring) {
    return reinterpret_cast<ReplayEntry*>(const_cast<Ring*>(ring) + 1);
  }

  static size_t BytesOfRing(int64_t capacity) {
    return sizeof(Ring) + static_cast<size_t>(capacity) * sizeof(ReplayEntry);
  }
  static Ring* MakeRing(int64_t max_requests, int64_t capacity);
  static void Free(Ring* ring);  // may be null

  Ring* ring() const {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): it is the only word there is room for
    return (word_ & 1) != 0 ? nullptr : reinterpret_cast<Ring*>(word_);
  }
  int64_t max_requests() const {
    return (word_ & 1) != 0 ? static_cast<int64_t>(word_ >> 1) : ring()->max_requests;
  }
  bool IsFull() const { return entry_count() >= max_requests(); }

  // As they lie in the ring.
  absl::Span<ReplayEntry> entries() const {
    if (ring() == nullptr) return {};
    return {EntriesOf(ring()), static_cast<size_t>(entry_count())};
  }

  int64_t PlaceOf(int64_t k) const {
    const int64_t place = ring()->oldest + k;
    return place < ring()->count ? place : place - ring()->count;
  }

  // Makes room for one more.
  void Grow();

  // As TruncateAt, and leaves the ring as large as it is. REQUIRES: there is one.
  void TruncateRingAt(int64_t step);

  uintptr_t word_;  // a Ring; odd: there is none, but twice the most requests and one
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_REPLAY_WINDOW_H_
