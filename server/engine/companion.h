// What becomes of each session that steps with others, from one advance to the next. For the loops
// of joint_steps.cc and step_batch.cc; nobody else includes this.
//
// Thread safety: belongs to one thread.
#ifndef CELLAR_SERVER_ENGINE_COMPANION_H_
#define CELLAR_SERVER_ENGINE_COMPANION_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "server/engine/joint_steps.h"
#include "server/engine/step_run.h"

namespace cellar {

// Steps in the company of others, and the run they are at.
template <class Real>
struct Companion {
  JointSteps* steps = nullptr;
  StepRun<Real>* run = nullptr;

  // Begins the turn. False: the steps are over.
  bool Begins() { return GoesOn(steps->Wanted()); }

  // After an advance: whether there is more to be made, and it is still wanted.
  bool Stays() {
    if (run->left() == 0) return GoesOn(absl::OkStatus());
    const absl::Status wanted = steps->Wanted();
    return wanted.ok() || GoesOn(wanted);
  }

 private:
  bool GoesOn(const absl::Status& so_far) {
    AnyStepRun* const next = steps->Next(so_far);
    if (next != nullptr) run = &std::get<StepRun<Real>>(*next);
    return next != nullptr;
  }
};

// Writes the runs of all present, companions, into `runs`; returns how many steps the one with the
// fewest has left.
template <class Present, class Real>
int64_t CollectRuns(const std::vector<Present>& all, std::vector<StepRun<Real>*>& runs) {
  runs.clear();
  int64_t fewest_left = std::numeric_limits<int64_t>::max();
  for (const Present& present : all) {
    runs.push_back(present.run);
    fewest_left = std::min(fewest_left, present.run->left());
  }
  return fewest_left;
}

// After an advance: those that stay close up, in order; the others are given to `leave`.
template <class Present, class Leave>
void CloseUp(std::vector<Present>& all, Leave leave) {
  size_t kept = 0;
  for (Present& present : all) {
    if (!present.Stays()) {
      leave(present);
    } else if (Present& place = all[kept++]; &place != &present) {
      place = std::move(present);
    }
  }
  all.resize(kept);
}

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_COMPANION_H_
