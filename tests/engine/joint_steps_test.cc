#include "server/engine/joint_steps.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/hash/hash_testing.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/joint_run.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/trace_bits.h"

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

class MakeTogetherTest : public testing::Test {
 protected:
  // A run of random steps, whose outcome must be what they give alone.
  std::unique_ptr<JointRun<float>> Run(int64_t step_count) {
    const auto inputs = RandomNumbers<float>(step_count, step_count * model_->input_size());
    return std::make_unique<JointRun<float>>(
        model_, Numerics{}, inputs, TraceOptions{}, [this, inputs, step_count](auto outcome) {
          told_.push_back(outcome.status.ok() ? step_count : -step_count);
          if (!outcome.status.ok()) return;
          auto state = std::get<StackState<float>>(ZeroStackState(*model_, Precision::kFloat32));
          const auto alone = RunSteps<float>(*model_, {}, inputs, {}, state);
          EXPECT_EQ(TraceDifference(outcome.trace, alone), "");
          EXPECT_EQ(outcome.state, state);
        });
  }

  void Make(const std::vector<std::unique_ptr<JointRun<float>>>& runs) {
    std::vector<JointSteps*> all;
    for (const auto& run : runs) all.push_back(run.get());
    MakeTogether(all, rows_);
  }

  // How many steps were made by more than `low` sessions and at most twice as many.
  int64_t StepsOfMoreThan(int64_t low) const {
    const Histogram::View view = rows_.Look();
    for (size_t k = 1; k < rows_.bounds().size(); ++k) {
      if (rows_.bounds()[k - 1] == static_cast<double>(low)) return view.counts[k];
    }
    return 0;
  }

  const std::shared_ptr<const Model> model_ = RandomModel(7, {.kind = {}, .layer_count = 2});
  std::vector<int64_t> told_;  // step counts, in the order of the ends; negative: not made
  Histogram rows_{CountBounds(32)};
};

TEST_F(MakeTogetherTest, EachIsDoneWhenItsOwnStepsAreMade) {
  std::vector<std::unique_ptr<JointRun<float>>> runs;
  for (const int64_t step_count : {3, 1, 2, 5, 4, 6, 7}) runs.push_back(Run(step_count));
  Make(runs);
  EXPECT_THAT(told_, testing::ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(StepsOfMoreThan(4), 3) << "of 7, 6 and 5";
}

TEST_F(MakeTogetherTest, WhoIsNotWantedLeavesTheOthersAlone) {
  std::vector<std::unique_ptr<JointRun<float>>> runs;
  for (const int64_t step_count : {4, 3, 2}) runs.push_back(Run(step_count));
  runs[0]->WantedIf([] { return absl::CancelledError("gone"); });
  runs[1]->WantedIf([asked = 0]() mutable {
    return ++asked == 2 ? absl::CancelledError("gone meanwhile") : absl::OkStatus();
  });
  Make(runs);
  EXPECT_THAT(told_, testing::ElementsAre(-4, -3, 2));
}

TEST_F(MakeTogetherTest, InBothPrecisions) {
  int told = 0;
  const auto run = [&](double x) {
    return std::make_unique<JointRun<double>>(HomeworkModel(), Numerics{}, std::vector<double>{x},
                                              TraceOptions{}, [&told](auto outcome) {
                                                EXPECT_TRUE(outcome.status.ok());
                                                ++told;
                                              });
  };
  const auto first = run(0);
  const auto second = run(1);
  const std::vector<JointSteps*> both = {first.get(), second.get()};
  MakeTogether(both, rows_);
  EXPECT_EQ(told, 2);
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
