#include "server/engine/crew_policy.h"

#include <algorithm>

namespace cellar {
namespace {

// Some 150 us on one core, and some 6.
constexpr int64_t kLeastInvited = 4'000'000;
constexpr int64_t kLeastShared = 200'000;

constexpr int64_t kPartsOfAWorker = 16;

// A wait of 30 us, for which time some million multiply-adds are made, begins a yield.
constexpr int64_t kLeastYieldsOfAStall = 5;
constexpr int64_t kCostOfAYield = 200'000;

constexpr int64_t kLongestPauseMs = 128;

}  // namespace

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

}  // namespace cellar
