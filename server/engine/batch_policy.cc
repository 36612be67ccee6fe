#include "server/engine/batch_policy.h"

#include <algorithm>

namespace cellar {
namespace {

// Multiply-adds in one advance, which nobody can join while its inputs are multiplied: about a
// millisecond of a lone session, whose limit is the memory, and less in a full batch ...
constexpr int64_t kMostAdvanceCost = 32'000'000;

// ... but so many steps at least, since reading the input weights is shared between them.
constexpr int64_t kFewestCapped = 16;

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
