#include "server/rpc/status.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

absl::Status StepGapLike() {
  ErrorDetail detail;
  detail.reason = "STEP_GAP";
  detail.metadata = {{"session", "sessions/a"}, {"next_step", "7"}};
  detail.resource_type = "session";
  detail.resource_name = "sessions/a";
  return MakeError(absl::StatusCode::kOutOfRange, "step 9 lies beyond", detail);
}

TEST(ToGrpcStatus, KeepsOk) { EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok()); }

TEST(ToGrpcStatus, CarriesCodeMessageReasonAndMetadata) {
  const grpc::Status status = ToGrpcStatus(StepGapLike());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_EQ(status.error_message(), "step 9 lies beyond");
  const auto info = FindDetail<google::rpc::ErrorInfo>(status);
  ASSERT_TRUE(info.has_value());
  EXPECT_EQ(info->domain(), "cellar");
  EXPECT_EQ(info->reason(), "STEP_GAP");
  EXPECT_EQ(info->metadata_size(), 2);
  EXPECT_EQ(info->metadata().at("next_step"), "7");
  google::rpc::Status rich;
  ASSERT_TRUE(rich.ParseFromString(status.error_details()));
  EXPECT_EQ(rich.code(), 11);
  EXPECT_EQ(rich.message(), "step 9 lies beyond");
}

TEST(ToGrpcStatus, NamesTheResource) {
  const auto resource = FindDetail<google::rpc::ResourceInfo>(ToGrpcStatus(StepGapLike()));
  ASSERT_TRUE(resource.has_value());
  EXPECT_EQ(resource->resource_type(), "session");
  EXPECT_EQ(resource->resource_name(), "sessions/a");
}

TEST(ToGrpcStatus, SendsOnlyTheDetailsThatThereAre) {
  const grpc::Status status = ToGrpcStatus(StepGapLike());
  EXPECT_FALSE(FindDetail<google::rpc::BadRequest>(status).has_value());
  EXPECT_FALSE(FindDetail<google::rpc::RetryInfo>(status).has_value());
  EXPECT_FALSE(FindDetail<google::rpc::QuotaFailure>(status).has_value());
}

TEST(ToGrpcStatus, TellsWhenToTryAgainAndWhatIsExhausted) {
  ErrorDetail detail;
  detail.reason = "SESSION_LIMIT";
  detail.retry_delay = absl::Milliseconds(1250);
  detail.quota_subject = "sessions";
  const grpc::Status status =
      ToGrpcStatus(MakeError(absl::StatusCode::kResourceExhausted, "full", detail));
  const auto retry = FindDetail<google::rpc::RetryInfo>(status);
  ASSERT_TRUE(retry.has_value());
  EXPECT_EQ(retry->retry_delay().seconds(), 1);
  EXPECT_EQ(retry->retry_delay().nanos(), 250'000'000);
  const auto quota = FindDetail<google::rpc::QuotaFailure>(status);
  ASSERT_TRUE(quota.has_value());
  ASSERT_EQ(quota->violations_size(), 1);
  EXPECT_EQ(quota->violations(0).subject(), "sessions");
  EXPECT_EQ(quota->violations(0).description(), "full");
}

TEST(ToGrpcStatus, ListsAllViolationsThatFit) {
  const grpc::Status status = ToGrpcStatus(BadRequest({{"a.b", "is 1"}, {"c[0]", "is 2"}}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  const auto bad = FindDetail<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad.has_value());
  ASSERT_EQ(bad->field_violations_size(), 2);
  EXPECT_EQ(bad->field_violations(0).field(), "a.b");
  EXPECT_EQ(bad->field_violations(1).description(), "is 2");
}

TEST(ToGrpcStatus, TellsHowManyViolationsDoNotFit) {
  FieldViolations violations;
  for (int i = 0; i < 1000; ++i) {
    violations.push_back({absl::StrCat("model.layers[", i, "].lstm"), "is missing; give it"});
  }
  const grpc::Status status = ToGrpcStatus(BadRequest(violations));
  EXPECT_LE(status.error_details().size(), kMaxDetailsBytes);
  const auto bad = FindDetail<google::rpc::BadRequest>(status);
  ASSERT_TRUE(bad.has_value());
  const int listed = bad->field_violations_size() - 1;
  EXPECT_GT(listed, 50);
  EXPECT_EQ(bad->field_violations(0).field(), "model.layers[0].lstm");
  EXPECT_EQ(bad->field_violations(listed).field(), "");
  EXPECT_EQ(bad->field_violations(listed).description(),
            absl::StrCat(1000 - listed, " more violations are not listed here"));
  EXPECT_EQ(SentReason(status), "BAD_REQUEST");
}

TEST(ToGrpcStatus, BoundsWhateverItIsGiven) {
  ErrorDetail detail;
  detail.reason = std::string(5000, 'R');
  for (int i = 0; i < 100; ++i)
    detail.metadata.emplace_back(absl::StrCat(i), std::string(9999, 'v'));
  detail.violations.assign(100, {std::string(9999, 'f'), std::string(9999, 'd')});
  detail.resource_type = std::string(9999, 't');
  detail.resource_name = std::string(9999, 'n');
  detail.quota_subject = std::string(9999, 'q');
  const grpc::Status status = ToGrpcStatus(
      MakeError(absl::StatusCode::kInvalidArgument, std::string(100'000, '\n'), detail));
  EXPECT_LE(status.error_message().size() * 3, kMaxMessageBytes + 6);
  EXPECT_LE(status.error_details().size(), kMaxDetailsBytes);
  EXPECT_TRUE(FindDetail<google::rpc::ErrorInfo>(status).has_value());
}

TEST(ToGrpcStatus, SendsValidUtf8Only) {
  ErrorDetail detail;
  detail.reason = "BAD_REQUEST";
  detail.metadata = {{"field", "\xFF"}};
  detail.violations = {{"\xC0", "\x80"}};
  const grpc::Status status =
      ToGrpcStatus(MakeError(absl::StatusCode::kInvalidArgument, "bad \xFE name", detail));
  EXPECT_EQ(status.error_message(), "bad ? name");
  EXPECT_EQ(SentMetadata(status, "field"), "?");
}

TEST(ToGrpcStatus, MakesABrokenPromiseInternalWithAReason) {
  for (const absl::Status& broken : {absl::UnknownError("oops"), absl::InternalError("oops")}) {
    const grpc::Status status = ToGrpcStatus(broken);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_EQ(status.error_message(), "oops");
    EXPECT_EQ(SentReason(status), "INTERNAL");
  }
}

TEST(ToGrpcStatus, PassesOtherCodesWithoutAReason) {
  for (const absl::Status& plain : {absl::CancelledError("x"), absl::DeadlineExceededError("x")}) {
    const grpc::Status status = ToGrpcStatus(plain);
    EXPECT_EQ(static_cast<int>(status.error_code()), static_cast<int>(plain.code()));
    EXPECT_EQ(status.error_message(), "x");
    EXPECT_EQ(status.error_details(), "");
  }
}

}  // namespace
}  // namespace cellar
