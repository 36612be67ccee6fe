#include "server/engine/joint_steps.h"

namespace cellar {

void MakeAlone(JointSteps& steps) {
  absl::Status so_far = steps.Wanted();
  while (AnyStepRun* const run = steps.Next(so_far)) {
    so_far = RunToEnd(*run, [&steps] { return steps.Wanted(); });
  }
}

}  // namespace cellar
