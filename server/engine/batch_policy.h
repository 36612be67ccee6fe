// Which waiting sessions step together, and for how long: the batches without threads, models and
// clocks.
//
// A batch never waits for company. It takes those that wait when it begins, lets others in between
// any two steps, and lets each go when its own steps are made.
//
// Thread safety: pure functions of their arguments; an AdvanceLength belongs to one thread.
#ifndef CELLAR_SERVER_ENGINE_BATCH_POLICY_H_
#define CELLAR_SERVER_ENGINE_BATCH_POLICY_H_

#include <cstdint>
#include <limits>

namespace cellar {

// Sessions of a batch: beyond this many a step of each takes as long as before, and all wait longer
// for it.
constexpr int64_t kMostBatchRows = 32;

// So many share what reading the weights costs that a second worker pays only for more.
constexpr int64_t kFullBatchRows = 8;

struct JoinSituation {
  int64_t waiting = 0;  // sessions that wait and could step with the batch
  int64_t present = 0;  // sessions in the batch
  // Whether one of those that it began with is still in it; also true before it begins.
  bool founders_present = true;
  bool others_wait = false;            // something else waits for a worker
  int64_t free_workers = 0;            // others, with nothing to do
  int64_t most_rows = kMostBatchRows;  // that are allowed, from 1 to kMostBatchRows
};

// How many of the waiting sessions join the batch now. While others wait it stays small, so that
// their turn comes soon, and is closed once those that it began with are gone: a batch is one turn,
// however many want to join. What a free worker could take is shared with it.
int64_t NewcomersToTake(const JoinSituation& situation);

// Whether a worker is woken when one more session waits, beside `waiting` of its kind: for the
// first, and for each that begins one more full batch of those that `most_rows` allow.
bool WakesWorker(int64_t waiting, int64_t most_rows);

// The steps that a batch makes before it looks around: as many at once as speed wants while nobody
// comes, and few while somebody does, because what was prepared for the steps that are put off is
// lost.
class AdvanceLength {
 public:
  // `fewest_left`: steps that the session with the fewest still has; `longest`: for speed alone.
  // `step_cost`: multiply-adds of one step of all sessions together.
  int64_t Next(int64_t fewest_left, int64_t longest, int64_t step_cost) const;

  // An advance has been made; `disturbed`: it was cut short, or somebody joined after it.
  void Note(bool disturbed);

 private:
  static constexpr int64_t kUnlimited = std::numeric_limits<int64_t>::max();

  int64_t limit_ = kUnlimited;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_BATCH_POLICY_H_
