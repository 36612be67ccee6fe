#include "client/kept_steps.h"

#include <gtest/gtest.h>

#include "client/call_status.h"
#include "client/tensor.h"

namespace cellar {
namespace {

constexpr size_t kPlenty = 1 << 20;

v1::StepResponse Answer(int64_t first_step, int64_t step_count, int64_t durable_step = 0) {
  v1::StepResponse answer;
  answer.set_first_step(first_step);
  answer.set_step_count(step_count);
  answer.set_durable_step(durable_step);
  answer.set_state_digest("state " + std::to_string(first_step + step_count));
  return answer;
}

TEST(KeptStepsTest, FindsAMessageByItsFirstStepOnly) {
  KeptSteps kept(kPlenty);
  kept.Add(MakeTensor({1, 2}), Answer(10, 2));
  kept.Add(MakeTensor({3}), Answer(12, 1));
  EXPECT_EQ(kept.Find(10), 0U);
  EXPECT_EQ(kept.Find(12), 1U);
  for (const int64_t step : {9, 11, 13}) EXPECT_EQ(kept.Find(step), std::nullopt) << step;
  EXPECT_EQ(kept[1].inputs.values(0), 3);
}

TEST(KeptStepsTest, ForgetsAMessageWhenItsLastStepIsDurable) {
  KeptSteps kept(kPlenty);
  kept.Add(MakeTensor({1, 2}), Answer(0, 2));
  kept.Add(MakeTensor({3}), Answer(2, 1));
  kept.Forget(1);
  EXPECT_EQ(kept.size(), 2U) << "step 1 of the first is not durable";
  kept.Forget(2);
  EXPECT_EQ(kept.Find(0), std::nullopt);
  EXPECT_EQ(kept.Find(2), 0U);
  kept.Add(MakeTensor({4}), Answer(3, 1, /*durable_step=*/4));
  EXPECT_EQ(kept.size(), 0U);
}

TEST(KeptStepsTest, BeginsAnewWhereStepsDoNotFollow) {
  KeptSteps kept(kPlenty);
  kept.Add(MakeTensor({1}), Answer(7, 1));
  kept.Add(MakeTensor({2}), Answer(3, 1));
  EXPECT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept.Find(7), std::nullopt);
  EXPECT_EQ(kept.Find(3), 0U);
}

TEST(KeptStepsTest, TheOldestGoFirstWhenThereIsNoRoom) {
  KeptSteps one(kPlenty);
  one.Add(MakeTensor({1}), Answer(0, 1));
  KeptSteps kept(2 *
                 (sizeof(KeptMessage) + one[0].inputs.ByteSizeLong() + one[0].state_digest.size()));
  for (int step = 0; step < 5; ++step) kept.Add(MakeTensor({1}), Answer(step, 1));
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_EQ(kept.Find(3), 0U);
  EXPECT_EQ(kept.Find(4), 1U);
}

TEST(KeptStepsTest, TheSameAnswerAgainIsRight) {
  KeptSteps kept(kPlenty);
  kept.Add(MakeTensor({1, 2}), Answer(0, 2));
  EXPECT_TRUE(kept.CheckAgain(0, Answer(0, 2)).ok());
}

TEST(KeptStepsTest, AnotherStepOrStateInsteadIsABrokenPromise) {
  KeptSteps kept(kPlenty);
  kept.Add(MakeTensor({1, 2}), Answer(0, 2));
  v1::StepResponse other_state = Answer(0, 2);
  other_state.set_state_digest("another");
  for (const v1::StepResponse& answer : {Answer(1, 2), Answer(0, 1), other_state}) {
    const absl::Status status = kept.CheckAgain(0, answer);
    EXPECT_TRUE(absl::IsInternal(status)) << status;
    EXPECT_EQ(GetCallError(status).reason, "INTERNAL");
  }
}

}  // namespace
}  // namespace cellar
