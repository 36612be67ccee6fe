#include "client/call_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

grpc::Status Rich(const std::vector<const google::protobuf::Message*>& details) {
  google::rpc::Status rich;
  for (const auto* detail : details) rich.add_details()->PackFrom(*detail);
  return grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no", rich.SerializeAsString());
}

TEST(FromCallTest, OkIsOk) { EXPECT_TRUE(FromCall(grpc::Status::OK).ok()); }

TEST(FromCallTest, KeepsCodeAndMessage) {
  const absl::Status status = FromCall(grpc::Status(grpc::StatusCode::DATA_LOSS, "broken"));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "broken");
  EXPECT_TRUE(IsFromCall(status));
  EXPECT_FALSE(IsFromCall(absl::DataLossError("broken")));
}

TEST(BrokenPromiseTest, IsTheServersOwnFailure) {
  const absl::Status status = BrokenPromise("no steps");
  EXPECT_TRUE(absl::IsInternal(status));
  EXPECT_TRUE(IsFromCall(status));
  EXPECT_EQ(GetCallError(status).reason, "INTERNAL");
}

TEST(GetCallErrorTest, ReadsEveryDetail) {
  google::rpc::ErrorInfo info;
  info.set_domain("cellar");
  info.set_reason("BAD_REQUEST");
  (*info.mutable_metadata())["limit"] = "3";
  google::rpc::BadRequest bad_request;
  auto& violation = *bad_request.add_field_violations();
  violation.set_field("inputs");
  violation.set_description("is empty");
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(1);
  retry.mutable_retry_delay()->set_nanos(500'000'000);

  const CallError error = GetCallError(FromCall(Rich({&info, &bad_request, &retry})));
  EXPECT_EQ(error.reason, "BAD_REQUEST");
  EXPECT_THAT(error.metadata, ElementsAre(Pair("limit", "3")));
  EXPECT_THAT(error.fields, ElementsAre(RefusedField{"inputs", "is empty"}));
  EXPECT_EQ(error.retry_delay, absl::Milliseconds(1500));
}

TEST(GetCallErrorTest, AReasonOfAnotherDomainIsNotCellars) {
  google::rpc::ErrorInfo info;
  info.set_domain("proxy.example");
  info.set_reason("DRAINING");
  EXPECT_EQ(GetCallError(FromCall(Rich({&info}))).reason, "");
}

TEST(GetCallErrorTest, UnreadableDetailsAreNone) {
  const grpc::Status status(grpc::StatusCode::INTERNAL, "no", "\xff\xff not a message");
  EXPECT_EQ(GetCallError(FromCall(status)).reason, "");
  EXPECT_THAT(GetCallError(absl::InternalError("")).fields, IsEmpty());
}

}  // namespace
}  // namespace cellar
