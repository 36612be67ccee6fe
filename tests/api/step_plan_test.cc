#include "server/api/step_plan.h"

#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StepPlanTest : public testing::Test {
 protected:
  StepPlanTest() {
    fixture_.NewSession("a", fixture_.AddModel(HomeworkModel()));
    session_ = *fixture_.api().sessions.Find({kDefaultTenant, "sessions/a"});
  }

  absl::StatusOr<StepPlan> Plan(const v1::Tensor& inputs, const ApiLimits& limits = {},
                                FieldViolations violations = {}) {
    return PlanSteps(limits, session_->config(),
                     {inputs, std::nullopt, {}, v1::ENCODING_UNSPECIFIED, {}},
                     std::move(violations));
  }

  ApiFixture fixture_;
  std::shared_ptr<Session> session_;
};

TEST_F(StepPlanTest, APlanHasTheInputsInTheSessionsPrecisionAndItsCost) {
  const auto plan = Plan(ValuesOf({0, 1, 0.5}));
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->inputs.As<float>(), ElementsAre(0, 1, 0.5));
  EXPECT_EQ(plan->step_count, 3);
  EXPECT_EQ(plan->multiply_adds, 3 * StepCost(*session_->config().model));
  EXPECT_EQ(plan->step_index, std::nullopt);
}

TEST_F(StepPlanTest, AnAnswerIsEncodedAsTheInputsUnlessAskedOtherwise) {
  v1::Tensor raw;
  raw.set_raw(std::string(4, '\0'));
  EXPECT_EQ(Plan(raw)->encoding, v1::ENCODING_RAW);
  EXPECT_EQ(Plan(ValuesOf({1}))->encoding, v1::ENCODING_VALUES);
  const StepWish wish{raw, std::nullopt, {}, v1::ENCODING_VALUES, {}};
  EXPECT_EQ(PlanSteps({}, session_->config(), wish, {})->encoding, v1::ENCODING_VALUES);
}

TEST_F(StepPlanTest, ViolationsFoundBeforeAreReportedTogether) {
  EXPECT_THAT(ViolatedFields(Plan({}, {}, {{"view", "is wrong"}}).status()),
              ElementsAre("view", "inputs"));
  EXPECT_THAT(ViolatedFields(Plan(ValuesOf({1}), {}, {{"view", "is wrong"}}).status()),
              ElementsAre("view"));
}

TEST_F(StepPlanTest, AsManyStepsAsAllowedArePlannedAndNotOneMore) {
  ApiLimits limits;
  limits.max_steps_per_request = 3;
  EXPECT_TRUE(Plan(ValuesOf({1, 2, 3}), limits).ok());
  const absl::Status status = Plan(ValuesOf({1, 2, 3, 4}), limits).status();
  EXPECT_EQ(GetErrorReason(status), "STEP_COUNT_LIMIT");
  EXPECT_EQ(MetadataOf(status, "steps"), "4");
  EXPECT_EQ(MetadataOf(status, "limit"), "3");
}

TEST_F(StepPlanTest, AnAnswerMayFillAMessageAndNotMore) {
  const SessionConfig& config = session_->config();
  ApiLimits limits;
  limits.max_message_bytes =
      StepAnswerBytes(*config.model, config.numerics, {}, v1::ENCODING_VALUES, 100);
  EXPECT_TRUE(Plan(ValuesOf(std::vector<double>(100)), limits).ok());
  const absl::Status status = Plan(ValuesOf(std::vector<double>(101)), limits).status();
  EXPECT_EQ(GetErrorReason(status), "ANSWER_SIZE_LIMIT");
  EXPECT_EQ(MetadataOf(status, "limit_bytes"), std::to_string(limits.max_message_bytes));
}

TEST_F(StepPlanTest, AnIndexIsNotNegativeAndInputsAreRequired) {
  v1::Tensor none;
  FieldViolations violations;
  const StepWish good{ValuesOf({1}), 0, {}, v1::ENCODING_VALUES, {}};
  CheckStepIndex(good, violations);
  CheckInputsGiven(good, violations);
  EXPECT_THAT(violations, IsEmpty());
  const StepWish bad{none, std::numeric_limits<int64_t>::min(), {}, v1::ENCODING_VALUES, {"step."}};
  CheckStepIndex(bad, violations);
  CheckInputsGiven(bad, violations);
  ASSERT_EQ(violations.size(), 2);
  EXPECT_EQ(violations[0].field, "step.step_index");
  CheckStepIndex(-1, "path", violations);
  EXPECT_EQ(violations.back().field, "path");
  EXPECT_EQ(violations.back().description, "is -1; must be at least 0");
  violations.pop_back();
  EXPECT_EQ(violations[1].field, "step.inputs");
}

TEST_F(StepPlanTest, ARunPlanFillsTheWholeAnswer) {
  const auto plan = Plan(ValuesOf({0, 0, 1}));
  SessionHold hold = *fixture_.api().sessions.Hold({kDefaultTenant, "sessions/a"});
  SessionLease lease = *hold.Lease();
  v1::StepResponse response;
  ASSERT_TRUE(RunPlan(fixture_.api(), Call(LocalCaller()), lease, *plan, &response).ok());
  EXPECT_EQ(response.first_step(), 0);
  EXPECT_EQ(response.step_count(), 3);
  EXPECT_EQ(response.next_step(), 3);
  EXPECT_EQ(response.durable_step(), 0);
  EXPECT_THAT(response.trace().outputs().shape(), ElementsAre(3, 1));
  EXPECT_EQ(response.state_digest(), fixture_.Get("a").state_digest());
}

TEST(CheckStepCount, FewerAreAllowedWhereTheyAreDearButAlwaysOne) {
  ApiLimits limits;
  limits.max_steps_per_request = 100;
  limits.max_request_multiply_adds = 1000;
  for (const auto& [step_cost, most] :
       {std::pair<int64_t, int64_t>{10, 100}, {11, 90}, {1001, 1}}) {
    EXPECT_EQ(CheckStepCount(limits, step_cost, most), absl::OkStatus());
    EXPECT_EQ(MetadataOf(CheckStepCount(limits, step_cost, most + 1), "limit"),
              std::to_string(most));
  }
}

TEST(CheckStepCount, TellsOfTheLimitThatIsReached) {
  ApiLimits limits;
  limits.max_steps_per_request = 100;
  limits.max_request_multiply_adds = 1000;
  EXPECT_EQ(CheckStepCount(limits, 10, 101), StepCountLimit(101, 100));
  EXPECT_EQ(CheckStepCount(limits, 11, 101), StepCostLimit(101, 90, 1000));
}

}  // namespace
}  // namespace cellar
