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
#include <vector>

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
  // Keeps at most `max_requests` entries; 0 keeps none. An empty one has no memory of its own.
  explicit ReplayWindow(int64_t max_requests) : max_requests_(max_requests) {}

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

  // Has the processor fetch what the next Push will hand out to be freed.
  void PrefetchOldest() const {
    if (!IsFull() || ring_.empty()) return;
    ring_[oldest_].state_before.Prefetch();
    ring_[oldest_].inputs.Prefetch();
  }

  // The entry that contains `step`, or nullptr.
  const ReplayEntry* Find(int64_t step) const;

  int64_t entry_count() const { return static_cast<int64_t>(ring_.size()); }

  // The k-th oldest entry. REQUIRES: 0 <= k < entry_count().
  const ReplayEntry& entry(int64_t k) const { return ring_[PlaceOf(k)]; }

  // Forgets everything from `step` on: the entry that contains it is cut to the steps before it.
  // REQUIRES: `step` lies in the window, or at its end.
  void TruncateAt(int64_t step);

  void Clear();

  // Oldest step that can be reached; `next_step` if the window is empty.
  int64_t OldestStep(int64_t next_step) const;

  // Bytes of the states and inputs held.
  int64_t SizeBytes() const { return size_bytes_; }

 private:
  bool IsFull() const { return entry_count() >= max_requests_; }

  size_t PlaceOf(int64_t k) const {
    const size_t place = oldest_ + static_cast<size_t>(k);
    return place < ring_.size() ? place : place - ring_.size();
  }

  int64_t max_requests_;
  std::vector<ReplayEntry> ring_;  // contiguous steps, from oldest_ on and around
  size_t oldest_ = 0;              // a place in ring_; 0 unless it is full
  int64_t size_bytes_ = 0;         // of `ring_`
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_REPLAY_WINDOW_H_
