#include "server/api/api_counts.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/engine_errors.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ApiCounts, CountFailuresByReasonOrElseByCode) {
  ApiCounts counts;
  counts.AddFailure(DeadlinePassed());
  counts.AddFailure(absl::CancelledError("x"));
  counts.AddFailure(MakeError(absl::StatusCode::kNotFound, "x", {.reason = "STEP_GAP"}));
  counts.AddFailure(MakeError(absl::StatusCode::kNotFound, "x", {.reason = "NOT_A_REASON"}));
  EXPECT_THAT(counts.failures.Values(),
              ElementsAre(Pair("CANCELLED", 1), Pair("DEADLINE_PASSED", 1), Pair("OTHER", 1),
                          Pair("STEP_GAP", 1)));
}

TEST(ApiCounts, KnowStepsThatWereMadeFromThoseThatWereRepeated) {
  ApiFixture fixture;
  fixture.NewSession("a", fixture.AddModel(HomeworkModel()));
  EXPECT_TRUE(fixture.Await(&Step, StepOf("sessions/a", {1, 2, 3}, 0)).ok());
  EXPECT_TRUE(fixture.Await(&Step, StepOf("sessions/a", {1, 2, 3}, 0)).ok());
  EXPECT_TRUE(fixture.Await(&Step, StepOf("sessions/a", {1}, 3)).ok());
  EXPECT_FALSE(fixture.Await(&Step, StepOf("sessions/a", {1}, 9)).ok());
  const ApiCounts& counts = fixture.api().counts;
  EXPECT_EQ(counts.steps.Value(), 4);
  EXPECT_EQ(counts.repeated_steps.Value(), 3);
  EXPECT_EQ(counts.messages.Value(), 3);
}

}  // namespace
}  // namespace cellar
