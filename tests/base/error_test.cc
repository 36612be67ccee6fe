#include "server/base/error.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ErrorDetail FullDetail() {
  ErrorDetail detail;
  detail.reason = "STEP_GAP";
  detail.metadata = {{"session", "sessions/a"}, {"next_step", "7"}, {"empty", ""}};
  detail.violations = {{"inputs", "has 3 elements"}, {"", std::string("a\0b", 3)}};
  detail.retry_delay = absl::Milliseconds(250);
  detail.resource_type = "session";
  detail.resource_name = "sessions/a";
  detail.quota_subject = "steps";
  return detail;
}

TEST(MakeError, GivesTheDetailBackAsItWas) {
  const absl::Status status = MakeError(absl::StatusCode::kOutOfRange, "beyond", FullDetail());
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(status.message(), "beyond");
  ASSERT_TRUE(GetErrorDetail(status).has_value());
  EXPECT_EQ(*GetErrorDetail(status), FullDetail());
}

TEST(MakeError, KeepsAnEmptyDetailApartFromNone) {
  const absl::Status status = MakeError(absl::StatusCode::kInternal, "", {});
  ASSERT_TRUE(GetErrorDetail(status).has_value());
  EXPECT_EQ(*GetErrorDetail(status), ErrorDetail());
}

TEST(MakeError, KeepsNoDelayApartFromADelayOfZero) {
  ErrorDetail detail;
  EXPECT_FALSE(GetErrorDetail(MakeError(absl::StatusCode::kAborted, "", detail))->retry_delay);
  detail.retry_delay = absl::ZeroDuration();
  EXPECT_EQ(GetErrorDetail(MakeError(absl::StatusCode::kAborted, "", detail))->retry_delay,
            absl::ZeroDuration());
}

TEST(GetErrorDetail, FindsNothingOnAStatusMadeElsewhere) {
  EXPECT_FALSE(GetErrorDetail(absl::OkStatus()).has_value());
  EXPECT_FALSE(GetErrorDetail(absl::NotFoundError("nowhere")).has_value());
}

TEST(GetErrorReason, TellsTheReasonOrNothing) {
  EXPECT_EQ(GetErrorReason(MakeError(absl::StatusCode::kOutOfRange, "", FullDetail())), "STEP_GAP");
  EXPECT_EQ(GetErrorReason(absl::NotFoundError("nowhere")), "");
  EXPECT_EQ(GetErrorReason(absl::OkStatus()), "");
}

TEST(BadRequest, IsOkWithoutViolations) { EXPECT_TRUE(BadRequest({}).ok()); }

TEST(BadRequest, QuotesTheOnlyViolationInItsMessage) {
  const absl::Status status = BadRequest({{"model.layers", "is empty"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetErrorReason(status), "BAD_REQUEST");
  EXPECT_EQ(status.message(), "model.layers: is empty");
}

TEST(BadRequest, OfTheWholeRequestNamesNoField) {
  EXPECT_EQ(BadRequest({{"", "is unreadable"}}).message(), "is unreadable");
}

TEST(BadRequest, CarriesEveryViolationInTheOrderFound) {
  const FieldViolations violations = {{"b", "first"}, {"a", "second"}, {"b", "third"}};
  const absl::Status status = BadRequest(violations);
  EXPECT_EQ(GetErrorDetail(status)->violations, violations);
  EXPECT_THAT(std::string(status.message()), HasSubstr("b: first"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 more"));
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("second")));
}

}  // namespace
}  // namespace cellar
