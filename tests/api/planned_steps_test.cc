#include "server/api/planned_steps.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

class PlannedStepsTest : public testing::Test {
 protected:
  PlannedStepsTest() { fixture_.NewSession("a", fixture_.AddModel(HomeworkModel())); }

  PreparedStep Prepare(const std::vector<double>& inputs,
                       std::optional<int64_t> step_index = std::nullopt) {
    request_ = StepOf("sessions/a", inputs, step_index);
    const StepWish wish{request_.inputs(), step_index, {}, v1::ENCODING_VALUES, {}};
    return *PrepareSteps(fixture_.api(), Call(LocalCaller()), request_.session(), wish);
  }

  static absl::Status MakeAll(PlannedSteps& steps) {
    absl::StatusOr<AnyStepRun*> run = steps.Next();
    while (run.ok() && *run != nullptr) {
      EXPECT_TRUE(RunToEnd(**run, AlwaysWanted).ok());
      run = steps.Next();
    }
    return run.status();
  }

  ApiFixture fixture_;
  v1::StepRequest request_;
  v1::StepResponse response_;
};

TEST_F(PlannedStepsTest, AreCommittedAndAnsweredWhenTheLastRunIsMade) {
  PlannedSteps steps(fixture_.api(), Prepare({0, 0, 1}), &response_);
  ASSERT_TRUE(steps.Begin().ok());
  ASSERT_TRUE(MakeAll(steps).ok());
  EXPECT_EQ(response_.next_step(), 3);
  EXPECT_EQ(response_.trace().outputs().values_size(), 3);
  EXPECT_EQ(fixture_.Get("a").next_step(), 3);
}

TEST_F(PlannedStepsTest, LetGoOfTheyLeaveTheSessionFreeAndAsItWas) {
  PlannedSteps steps(fixture_.api(), Prepare({1}), &response_);
  ASSERT_TRUE(steps.Begin().ok());
  ASSERT_TRUE(steps.Next().ok());
  EXPECT_EQ(steps.LetGo()->config().name, "sessions/a");
  EXPECT_EQ(fixture_.Get("a").next_step(), 0);
  PlannedSteps others(fixture_.api(), Prepare({1}), &response_);
  EXPECT_TRUE(others.Begin().ok()) << "the lease is free";
  EXPECT_TRUE(MakeAll(others).ok());
}

TEST_F(PlannedStepsTest, TellWhatTheRulesOfStepIndicesSay) {
  PlannedSteps steps(fixture_.api(), Prepare({1}, 5), &response_);
  ASSERT_TRUE(steps.Begin().ok());
  EXPECT_EQ(GetErrorReason(steps.Next().status()), "STEP_GAP");
}

TEST_F(PlannedStepsTest, NotBegunTheyCanBeTakenBack) {
  PlannedSteps steps(fixture_.api(), Prepare({1, 0}), &response_);
  PlannedSteps again(fixture_.api(), steps.TakeBack(), &response_);
  EXPECT_EQ(again.plan().step_count, 2);
  ASSERT_TRUE(again.Begin().ok());
  EXPECT_TRUE(MakeAll(again).ok());
  EXPECT_EQ(response_.next_step(), 2);
}

}  // namespace
}  // namespace cellar
