#include "tests/testing/api_fixture.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

TEST(ApiFixtureTest, ANewSessionIsThereAndSteps) {
  ApiFixture fixture;
  fixture.NewSession("a", fixture.AddModel(HomeworkModel()));
  EXPECT_EQ(fixture.Get("a").next_step(), 0);
  EXPECT_TRUE(fixture.Get("a").has_state());
  EXPECT_TRUE(fixture.Await(Step, StepOf("sessions/a", {1, 0})).ok());
  EXPECT_EQ(fixture.Get("a").next_step(), 2);
}

TEST(ApiFixtureTest, WaitsForAHandlerThatAnswersOnAnotherThread) {
  ApiFixtureOptions options;
  options.scheduler.inline_cost = -1;  // nothing inline
  ApiFixture fixture(options);
  fixture.NewSession("a", fixture.AddModel(HomeworkModel()));
  EXPECT_EQ(fixture.Await(Step, StepOf("sessions/a", {1, 0}))->next_step(), 2);
}

TEST(ApiFixtureTest, ABlockedTurnKeepsOthersWaitingUntilItIsOpened) {
  ApiFixture fixture;
  fixture.NewSession("a", fixture.AddModel(HomeworkModel()));
  bool answered = false;
  const v1::StepRequest request = StepOf("sessions/a", {1});
  v1::StepResponse response;
  TurnBlocker blocker(fixture.api(), "sessions/a");
  Step(fixture.api(), Call(LocalCaller()), request, &response,
       [&](const absl::Status&) { answered = true; });
  EXPECT_FALSE(answered);
  blocker.Open();
  EXPECT_TRUE(answered);
}

TEST(ApiFixtureTest, StatusesTellTheirFieldsAndMetadata) {
  EXPECT_THAT(ViolatedFields(BadRequest({{"a", "x"}, {"b", "y"}})), ElementsAre("a", "b"));
  EXPECT_THAT(ViolatedFields(absl::NotFoundError("x")),
              ElementsAre(testing::StartsWith("not BAD_REQUEST")));
  ErrorDetail detail;
  detail.reason = "STEP_GAP";
  detail.metadata = {{"next_step", "7"}};
  const absl::Status status = MakeError(absl::StatusCode::kOutOfRange, "x", detail);
  EXPECT_EQ(MetadataOf(status, "next_step"), "7");
  EXPECT_EQ(MetadataOf(status, "other"), "");
  EXPECT_EQ(MetadataOf(absl::NotFoundError("x"), "next_step"), "");
}

}  // namespace
}  // namespace cellar
