#include "server/engine/joint_steps.h"

#include <vector>

#include "absl/hash/hash_testing.h"
#include "gtest/gtest.h"
#include "tests/testing/joint_run.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

TEST(MakeAlone, MakesAllStepsAndTellsOnce) {
  int told = 0;
  JointRun<float> steps(HomeworkModel(), {}, {0, 0, 1, 1, 1, 0}, {}, [&](auto outcome) {
    ++told;
    EXPECT_TRUE(outcome.status.ok()) << outcome.status;
    EXPECT_EQ(outcome.trace.step_count, 6);
  });
  MakeAlone(steps);
  EXPECT_EQ(told, 1);
}

TEST(MakeAlone, MakesNothingThatIsNotWanted) {
  int told = 0;
  JointRun<float> steps(HomeworkModel(), {}, {1}, {}, [&](auto outcome) {
    ++told;
    EXPECT_EQ(outcome.status, absl::CancelledError("gone"));
    EXPECT_EQ(outcome.state.layers[0].h, std::vector<float>{0});
  });
  steps.WantedIf([] { return absl::CancelledError("gone"); });
  MakeAlone(steps);
  EXPECT_EQ(told, 1);
}

TEST(MakeAlone, GivesUpBetweenPiecesWhenNobodyWantsItAnyMore) {
  int asked = 0;
  absl::Status told;
  JointRun<float> steps(HomeworkModel(), {}, std::vector<float>(200'000), {},
                        [&](auto outcome) { told = outcome.status; });
  steps.WantedIf([&] { return ++asked == 3 ? absl::CancelledError("gone") : absl::OkStatus(); });
  MakeAlone(steps);
  EXPECT_EQ(told, absl::CancelledError("gone"));
  EXPECT_EQ(asked, 3);
}

TEST(BatchKind, IsEqualIfModelAndEveryRuleOfNumericsAre) {
  const Model* const model = reinterpret_cast<const Model*>(64);
  const Model* const other = reinterpret_cast<const Model*>(128);
  const std::vector<BatchKind> kinds = {
      {model, {}},
      {other, {}},
      {model, {.precision = Precision::kFloat64}},
      {model, {.activation_rule = ActivationRule::kSaturating}},
      {model, {.rounding = Rounding::kNearestTiesToZero}},
      {model, {.rounding_scope = RoundingScope::kFeedback}},
  };
  EXPECT_TRUE(absl::VerifyTypeImplementsAbslHashCorrectly(kinds));
  for (const BatchKind& a : kinds) {
    for (const BatchKind& b : kinds) EXPECT_EQ(a == b, &a == &b);
  }
}

}  // namespace
}  // namespace cellar
