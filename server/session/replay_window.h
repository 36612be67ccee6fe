// The states before the last few stepping requests, and their inputs: what a retry is recomputed
// from (the bit contract makes it exact) and what RewindSession goes back to. Steps in between
// requests are reached by stepping again.
//
// Thread safety: a value; externally synchronised. Copies share states and inputs, which are
// immutable.
#ifndef CELLAR_SERVER_SESSION_REPLAY_WINDOW_H_
#define CELLAR_SERVER_SESSION_REPLAY_WINDOW_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <variant>
#include <vector>

#include "server/model/stack_state.h"

namespace cellar {

// x of one request, [T, I], row-major, in the precision of the session.
using AnyInputs = std::variant<std::vector<float>, std::vector<double>>;

// One request that was applied.
struct ReplayEntry {
  int64_t first_step = 0;
  int64_t step_count = 0;
  std::shared_ptr<const AnyStackState> state_before;
  std::shared_ptr<const AnyInputs> inputs;
};

class ReplayWindow {
 public:
  // Keeps at most `max_requests` entries; 0 keeps none.
  explicit ReplayWindow(int64_t max_requests) : max_requests_(max_requests) {}

  // Adds the newest request; the oldest goes if there are too many, and is returned (an empty entry
  // otherwise) for whoever wants to choose when its memory is freed.
  // REQUIRES: entry.first_step is where the newest entry ended (if there is one).
  ReplayEntry Push(ReplayEntry entry);

  // What SizeBytes and the number of entries grow by if `entry` is pushed; may be negative.
  struct Growth {
    int64_t bytes = 0;
    int64_t entry_count = 0;
  };
  Growth GrowthBy(const ReplayEntry& entry) const;

  // The entry that contains `step`, or nullptr.
  const ReplayEntry* Find(int64_t step) const;

  // All entries, oldest first.
  const std::deque<ReplayEntry>& entries() const { return entries_; }

  // Forgets everything from `step` on: the entry that contains it is cut to the steps before it.
  // REQUIRES: `step` lies in the window, or at its end.
  void TruncateAt(int64_t step);

  void Clear();

  // Oldest step that can be reached; `next_step` if the window is empty.
  int64_t OldestStep(int64_t next_step) const;

  // Bytes of the states and inputs held.
  int64_t SizeBytes() const { return size_bytes_; }

 private:
  bool IsFull() const { return static_cast<int64_t>(entries_.size()) >= max_requests_; }

  int64_t max_requests_;
  std::deque<ReplayEntry> entries_;  // contiguous, oldest first
  int64_t size_bytes_ = 0;           // of `entries_`
};

}  // namespace cellar

#endif  // CELLAR_SERVER_SESSION_REPLAY_WINDOW_H_
