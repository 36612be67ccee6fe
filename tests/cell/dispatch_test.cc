#include "server/cell/dispatch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(Dispatch, PortableRunsEverywhere) { EXPECT_TRUE(RunsHere(KernelTarget::kPortable)); }

TEST(Dispatch, TakesFmaExactlyWhereItRuns) {
  EXPECT_EQ(BestTarget() == KernelTarget::kFma, RunsHere(KernelTarget::kFma));
}

TEST(Dispatch, BestTargetRunsHere) { EXPECT_TRUE(RunsHere(BestTarget())); }

TEST(Dispatch, NamesEachTarget) {
  EXPECT_EQ(NameOf(KernelTarget::kPortable), "portable");
  EXPECT_EQ(NameOf(KernelTarget::kFma), "fma");
}

TEST(Dispatch, EachTargetSteps) {
  RnnWeights<float> cell;
  cell.shape = {CellKind::kRnn, 1, 1, 1};
  cell.hidden = {{2}, {3}, {5}, Activation::kIdentity};
  const CellWeights<float> weights = cell;
  const float x = 7;
  for (const KernelTarget target : {KernelTarget::kPortable, KernelTarget::kFma}) {
    if (!RunsHere(target)) continue;
    CellState<float> state = {{11}, {}};
    StepWorkspace<float> workspace;
    StepCellOn<float>(target, weights, {}, {&x, 1}, state, workspace, {});
    EXPECT_EQ(state.h[0], (5 + 2 * 7) + 3 * 11) << NameOf(target);
  }
}

}  // namespace
}  // namespace cellar
