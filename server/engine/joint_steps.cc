#include "server/engine/joint_steps.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "server/engine/companion.h"

namespace cellar {
namespace {

template <class Real>
void MakeAll(absl::Span<JointSteps* const> all, Histogram& rows) {
  std::vector<Companion<Real>> present;
  present.reserve(all.size());
  for (JointSteps* const steps : all) {
    Companion<Real> companion{steps};
    if (companion.Begins()) present.push_back(companion);
  }
  std::vector<StepRun<Real>*> runs;
  while (!present.empty()) {
    const auto row_count = static_cast<int64_t>(present.size());
    const int64_t fewest_left = CollectRuns(present, runs);
    const int64_t count = std::min(fewest_left, runs[0]->LongestAdvance(row_count));
    Advance<Real>(runs, count);
    rows.Observe(static_cast<double>(row_count), count);
    CloseUp(present, [](const Companion<Real>&) {});
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
