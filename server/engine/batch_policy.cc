#include "server/engine/batch_policy.h"

#include <algorithm>

namespace cellar {
namespace {

// Multiply-adds in one advance, which nobody can join while its inputs are multiplied: about a
// millisecond of a lone session, whose limit is the memory, and less in a full batch ...
constexpr int64_t kMostAdvanceCost = 32'000'000;

// ... but so many steps at least, since reading the input weights is shared between them.
constexpr int64_t kFewestCapped = 16;

// Some 150 us on one core, and some 6.
constexpr int64_t kLeastInvited = 4'000'000;
constexpr int64_t kLeastShared = 200'000;

constexpr int64_t kPartsOfAWorker = 16;

// A wait of 30 us, for which time some million multiply-adds are made, begins a yield.
constexpr int64_t kLeastYieldsOfAStall = 5;
constexpr int64_t kCostOfAYield = 200'000;

constexpr int64_t kLongestPauseMs = 128;

}  // namespace

int64_t NewcomersToTake(const JoinSituation& situation) {
  if (situation.others_wait && !situation.founders_present) return 0;
  const int64_t most =
      situation.others_wait ? std::min(kFullBatchRows, situation.most_rows) : situation.most_rows;
  const int64_t room = most - situation.present;
  if (room <= 0) return 0;
  const int64_t workers = 1 + situation.free_workers;
  const int64_t share = (situation.present + situation.waiting + workers - 1) / workers;
  const int64_t fair_rows = std::max(kFullBatchRows, share);
  return std::clamp<int64_t>(fair_rows - situation.present, 0, std::min(room, situation.waiting));
}

bool WakesWorker(int64_t waiting, int64_t most_rows) {
  return waiting % std::min(kFullBatchRows, most_rows) == 0;
}

bool PaysToInvite(int64_t multiply_adds) { return multiply_adds >= kLeastInvited; }

bool PaysToShare(int64_t multiply_adds) { return multiply_adds >= kLeastShared; }

int64_t StallPause::Note(bool stalled) {
  const int64_t pause = stalled ? next_ : 0;
  next_ = stalled ? std::min(kLongestPauseMs, 2 * next_) : 1;
  return pause;
}

int64_t YieldsOfAStall(int64_t part_cost) {
  return kLeastYieldsOfAStall + part_cost / kCostOfAYield;
}

int64_t PartBlocks(int64_t blocks, int64_t panel_blocks, int64_t workers) {
  const int64_t panels = (blocks + panel_blocks - 1) / panel_blocks;
  return std::max<int64_t>(1, panels / (workers * kPartsOfAWorker)) * panel_blocks;
}

int64_t AdvanceLength::Next(int64_t fewest_left, int64_t longest, int64_t step_cost) const {
  const int64_t affordable = std::max(kFewestCapped, kMostAdvanceCost / step_cost);
  return std::min({fewest_left, longest, affordable, limit_});
}

void AdvanceLength::Note(bool disturbed) {
  if (disturbed) {
    limit_ = 1;
  } else if (limit_ < kUnlimited / 2) {
    limit_ *= 2;
  }
}

}  // namespace cellar
