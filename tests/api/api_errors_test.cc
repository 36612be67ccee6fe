#include "server/api/api_errors.h"

#include <string>
#include <vector>

#include "cellar/v1/error_reason.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/engine_errors.h"
#include "server/model/model_errors.h"
#include "tests/testing/api_fixture.h"

namespace cellar {
namespace {

constexpr ReachedCap kFull = {CapScope::kTenant, 3, 2};

using ::testing::HasSubstr;

struct Case {
  absl::Status status;
  absl::StatusCode code;
  std::string reason;
  std::vector<std::string> metadata;
};

std::vector<Case> AllErrors() {
  return {
      {AnswerSizeLimit(1001, 1000),
       absl::StatusCode::kResourceExhausted,
       "ANSWER_SIZE_LIMIT",
       {"answer_bytes=1001", "limit_bytes=1000"}},
      {StepCountLimit(7, 5),
       absl::StatusCode::kResourceExhausted,
       "STEP_COUNT_LIMIT",
       {"steps=7", "limit=5"}},
      {StepCostLimit(7, 5, 1000),
       absl::StatusCode::kResourceExhausted,
       "STEP_COUNT_LIMIT",
       {"steps=7", "limit=5"}},
      {StreamLimit(kFull),
       absl::StatusCode::kResourceExhausted,
       "STREAM_LIMIT",
       {"limit=3", "used=2", "scope=tenant"}},
      {CallBytesLimit(kFull, 20),
       absl::StatusCode::kResourceExhausted,
       "CALL_BYTES_LIMIT",
       {"limit_bytes=3", "used_bytes=2", "requested_bytes=20", "scope=tenant"}},
      {ModelBidirectional("models/a"),
       absl::StatusCode::kFailedPrecondition,
       "MODEL_BIDIRECTIONAL",
       {"model=models/a"}},
      {DurabilityUnavailable("DURABILITY_PERIODIC"),
       absl::StatusCode::kFailedPrecondition,
       "DURABILITY_UNAVAILABLE",
       {"durability=DURABILITY_PERIODIC"}},
  };
}

TEST(ApiErrorsTest, EveryErrorHasItsCodeAKnownReasonAndTheMetadataOfItsReason) {
  for (const Case& error : AllErrors()) {
    SCOPED_TRACE(error.reason);
    EXPECT_EQ(error.status.code(), error.code);
    EXPECT_EQ(GetErrorReason(error.status), error.reason);
    v1::ErrorReason reason;
    EXPECT_TRUE(v1::ErrorReason_Parse("ERROR_REASON_" + error.reason, &reason));
    std::vector<std::string> metadata;
    const ErrorDetail detail = *GetErrorDetail(error.status);
    for (const auto& [key, value] : detail.metadata) {
      metadata.push_back(key + "=" + value);
    }
    EXPECT_EQ(metadata, error.metadata);
  }
}

TEST(ApiErrorsTest, EveryMessageTellsTheValuesOfItsMetadata) {
  for (const Case& error : AllErrors()) {
    const ErrorDetail detail = *GetErrorDetail(error.status);
    for (const auto& [key, value] : detail.metadata) {
      EXPECT_THAT(std::string(error.status.message()), HasSubstr(value)) << key;
    }
  }
}

TEST(ApiErrorsTest, StepsThatAreTooDearAreToldOfTheMultiplyAdds) {
  EXPECT_EQ(StepCostLimit(7, 5, 1000).message(),
            "the request has 7 steps, and they take more multiply-adds than the 1000 that one may, "
            "enough for 5 of them; nothing was applied: send fewer at a time");
}

TEST(ApiErrorsTest, AFullServerTellsWhenToTryAgain) {
  EXPECT_GT(GetErrorDetail(StreamLimit(kFull))->retry_delay.value(), absl::ZeroDuration());
}

TEST(ApiErrorsTest, CancellationAndAPassedDeadlineHaveTheirCanonicalCodes) {
  EXPECT_EQ(CallCancelled().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(DeadlineExceeded().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(ApiErrorsTest, AMissingModelLearnsTheEpochOfTheServerOnce) {
  const absl::Status status =
      WithServerFacts(WithServerFacts(ModelNotFound("models/a"), "12ab"), "other");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(MetadataOf(status, "server_epoch"), "12ab");
  EXPECT_EQ(MetadataOf(status, "model"), "models/a");
  EXPECT_EQ(GetErrorDetail(status)->metadata.size(), 2);
  EXPECT_EQ(GetErrorDetail(status)->resource_name, "models/a");
}

TEST(ApiErrorsTest, AGapTellsWhichRunOfTheServerHasIt) {
  const absl::Status status = WithServerFacts(StepGap("sessions/a", 7, 3), "12ab");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), "12ab");
  EXPECT_EQ(MetadataOf(status, "next_step"), "3");
}

TEST(ApiErrorsTest, OtherStatusesStayAsTheyAre) {
  EXPECT_EQ(WithServerFacts(absl::OkStatus(), "12ab"), absl::OkStatus());
  EXPECT_EQ(WithServerFacts(StreamLimit(kFull), "12ab"), StreamLimit(kFull));
  EXPECT_EQ(WithServerFacts(CallCancelled(), "12ab"), CallCancelled());
}

}  // namespace
}  // namespace cellar
