// Sessions that step together: the loop of a worker from the moment a batch begins until the last
// session has left it.
//
// Thread safety: a batch belongs to the thread that runs it; the source locks itself.
#ifndef CELLAR_SERVER_ENGINE_STEP_BATCH_H_
#define CELLAR_SERVER_ENGINE_STEP_BATCH_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/base/histogram.h"
#include "server/engine/joint_steps.h"

namespace cellar {

// The turn of one session in a batch.
struct BatchTurn {
  std::unique_ptr<JointSteps> steps;
  std::shared_ptr<void> line;  // for whoever gives the turns
};

// Who gives a batch its turns.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  // Sessions that wait and could step with this batch; read while it steps.
  virtual const std::atomic<int64_t>& newcomers() const = 0;

  // Whether one of them would be let in, if `present` sessions are in the batch and whether any of
  // them began it is as told.
  virtual bool IsOpen(int64_t present, bool founders_present) = 0;

  // Asks workers that have nothing to do to help, and makes them a crew if there is none yet. They
  // may come or not, sooner or later. Nobody is asked for a while after a crew has stalled.
  virtual void Invite(std::shared_ptr<StepCrew>& crew) = 0;

  // Sends them back. REQUIRES: the crew came out of Invite.
  virtual void Dismiss(const std::shared_ptr<StepCrew>& crew) = 0;

  // Ends the turns in `over`, whose steps are destroyed, and returns those that begin now. May be
  // asked with nobody present; then the batch is at its end if nobody joins.
  virtual std::vector<BatchTurn> Exchange(std::vector<BatchTurn> over, int64_t present,
                                          bool founders_present) = 0;
};

// Begins with `founders`, all of one kind, and runs until nobody is left. Tells `rows` at each step
// how many sessions made it.
void RunBatch(std::vector<BatchTurn> founders, BatchSource& source, Histogram& rows);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_STEP_BATCH_H_
