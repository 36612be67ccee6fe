#include "server/engine/engine_errors.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(EngineErrors, StepQueueLimitNamesScopeAndLimitAndWhenToTryAgain) {
  const absl::Status session = StepQueueLimit(StepQueueScope::kSession, 7, 6);
  EXPECT_EQ(session.code(), absl::StatusCode::kResourceExhausted);
  const ErrorDetail detail = *GetErrorDetail(session);
  EXPECT_EQ(detail.reason, "STEP_QUEUE_LIMIT");
  EXPECT_THAT(detail.metadata,
              ElementsAre(Pair("limit", "7"), Pair("used", "6"), Pair("scope", "session")));
  ASSERT_TRUE(detail.retry_delay.has_value());
  EXPECT_GT(*detail.retry_delay, absl::ZeroDuration());
  EXPECT_THAT(MessageOf(session), HasSubstr("at most 7"));

  const ErrorDetail server = *GetErrorDetail(StepQueueLimit(StepQueueScope::kServer, 8, 7));
  EXPECT_THAT(server.metadata,
              ElementsAre(Pair("limit", "8"), Pair("used", "7"), Pair("scope", "server")));
  EXPECT_EQ(GetErrorDetail(StepQueueLimit(StepQueueScope::kTenant, 8, 7))->quota_subject,
            "waiting steps of the tenant");
}

TEST(EngineErrors, DeadlinePassedSaysThatNothingWasApplied) {
  const absl::Status status = DeadlinePassed();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(GetErrorReason(status), "DEADLINE_PASSED");
  EXPECT_THAT(MessageOf(status), HasSubstr("nothing was applied"));
}

// What all errors about a step have in common.
void ExpectStepError(const absl::Status& status, absl::StatusCode code, const std::string& reason) {
  EXPECT_EQ(status.code(), code);
  const ErrorDetail detail = *GetErrorDetail(status);
  EXPECT_EQ(detail.reason, reason);
  EXPECT_EQ(detail.resource_type, "session");
  EXPECT_EQ(detail.resource_name, "sessions/a");
  for (const auto& [key, value] : detail.metadata) {
    EXPECT_THAT(MessageOf(status), HasSubstr(value)) << key;
  }
}

TEST(EngineErrors, StepConflictAndOverlapTellTheNextStep) {
  for (const absl::Status& status :
       {StepConflict("sessions/a", 4, 11), StepOverlap("sessions/a", 4, 11)}) {
    ExpectStepError(status, absl::StatusCode::kAborted, "STEP_CONFLICT");
    EXPECT_THAT(GetErrorDetail(status)->metadata,
                ElementsAre(Pair("session", "sessions/a"), Pair("step_index", "4"),
                            Pair("next_step", "11")));
  }
}

TEST(EngineErrors, StepGapTellsTheNextStep) {
  const absl::Status status = StepGap("sessions/a", 15, 11);
  ExpectStepError(status, absl::StatusCode::kOutOfRange, "STEP_GAP");
  EXPECT_THAT(GetErrorDetail(status)->metadata,
              ElementsAre(Pair("session", "sessions/a"), Pair("step_index", "15"),
                          Pair("next_step", "11")));
}

TEST(EngineErrors, StepTooOldTellsWhatTheWindowHolds) {
  const absl::Status status = StepTooOld("sessions/a", 2, 6, 11);
  ExpectStepError(status, absl::StatusCode::kOutOfRange, "STEP_TOO_OLD");
  EXPECT_THAT(GetErrorDetail(status)->metadata,
              ElementsAre(Pair("session", "sessions/a"), Pair("step_index", "2"),
                          Pair("oldest_step", "6"), Pair("next_step", "11")));
}

TEST(EngineErrors, StepIndexLimitTellsHowManyAreLeft) {
  const absl::Status status = StepIndexLimit("sessions/a", 9, 3);
  ExpectStepError(status, absl::StatusCode::kResourceExhausted, "STEP_COUNT_LIMIT");
  EXPECT_THAT(GetErrorDetail(status)->metadata,
              ElementsAre(Pair("session", "sessions/a"), Pair("steps", "9"), Pair("limit", "3")));
}

}  // namespace
}  // namespace cellar
