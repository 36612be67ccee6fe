#include "server/engine/joint_steps.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

namespace cellar {
namespace {

// Steps in the company of others, and the run they are at.
template <class Real>
struct Companion {
  JointSteps* steps = nullptr;
  StepRun<Real>* run = nullptr;

  // Gets the next run. False: the steps are over.
  bool GoOn(const absl::Status& so_far) {
    AnyStepRun* const next = steps->Next(so_far);
    if (next != nullptr) run = &std::get<StepRun<Real>>(*next);
    return next != nullptr;
  }

  // After an advance: whether there is more to be made, and it is still wanted.
  bool Stays() {
    if (run->left() == 0) return GoOn(absl::OkStatus());
    const absl::Status wanted = steps->Wanted();
    return wanted.ok() || GoOn(wanted);
  }
};

template <class Real>
void MakeAll(absl::Span<JointSteps* const> all, Histogram& rows) {
  std::vector<Companion<Real>> present;
  present.reserve(all.size());
  for (JointSteps* const steps : all) {
    Companion<Real> companion{steps};
    if (companion.GoOn(steps->Wanted())) present.push_back(companion);
  }
  std::vector<StepRun<Real>*> runs;
  while (!present.empty()) {
    runs.clear();
    const auto row_count = static_cast<int64_t>(present.size());
    int64_t count = present[0].run->LongestAdvance(row_count);
    for (const Companion<Real>& companion : present) {
      runs.push_back(companion.run);
      count = std::min(count, companion.run->left());
    }
    Advance<Real>(runs, count);
    rows.Observe(static_cast<double>(row_count), count);
    size_t kept = 0;  // those that stay close up, in order
    for (Companion<Real>& companion : present) {
      if (companion.Stays()) present[kept++] = companion;
    }
    present.resize(kept);
  }
}

}  // namespace

void MakeAlone(JointSteps& steps) {
  absl::Status so_far = steps.Wanted();
  while (AnyStepRun* const run = steps.Next(so_far)) {
    so_far = RunToEnd(*run, [&steps] { return steps.Wanted(); });
  }
}

void MakeTogether(absl::Span<JointSteps* const> all, Histogram& rows) {
  if (all[0]->kind().numerics.precision == Precision::kFloat32) return MakeAll<float>(all, rows);
  MakeAll<double>(all, rows);
}

}  // namespace cellar
