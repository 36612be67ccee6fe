#include "server/rpc/rpc_errors.h"

#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

TEST(RpcErrors, DrainingTellsToTryAgain) {
  const absl::Status status = Draining();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(GetErrorReason(status), "DRAINING");
  EXPECT_TRUE(GetErrorDetail(status)->retry_delay.has_value());
}

TEST(RpcErrors, MessageSizeLimitTellsBothSizes) {
  const absl::Status status = MessageSizeLimit(9, 5);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const ErrorDetail detail = *GetErrorDetail(status);
  EXPECT_EQ(detail.reason, "MESSAGE_SIZE_LIMIT");
  ASSERT_EQ(detail.metadata.size(), 2u);
  EXPECT_EQ(detail.metadata[0], std::make_pair(std::string("message_bytes"), std::string("9")));
  EXPECT_EQ(detail.metadata[1], std::make_pair(std::string("limit_bytes"), std::string("5")));
}

TEST(RpcErrors, StreamWithoutOpenIsABadRequest) {
  EXPECT_EQ(GetErrorReason(StreamWithoutOpen()), "BAD_REQUEST");
  EXPECT_EQ(GetErrorDetail(StreamWithoutOpen())->violations[0].field, "open");
}

TEST(RpcErrors, CallerGoneIsCancelled) {
  EXPECT_EQ(CallerGone().code(), absl::StatusCode::kCancelled);
}

TEST(RpcErrors, CannotListenNamesTheAddressAndTheCause) {
  EXPECT_EQ(CannotListen("127.0.0.1:1", "taken").message(), "cannot listen on 127.0.0.1:1: taken");
}

TEST(RpcErrors, CallBytesLimitTellsWhoseTheRoomIsAndWhenToTryAgain) {
  const absl::Status status = CallBytesLimit({CapScope::kTenant, 100, 90}, 20);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const auto detail = GetErrorDetail(status);
  ASSERT_TRUE(detail.has_value());
  EXPECT_EQ(detail->reason, "CALL_BYTES_LIMIT");
  EXPECT_EQ(detail->metadata,
            (std::vector<std::pair<std::string, std::string>>{{"limit_bytes", "100"},
                                                              {"used_bytes", "90"},
                                                              {"requested_bytes", "20"},
                                                              {"scope", "tenant"}}));
  EXPECT_TRUE(detail->retry_delay.has_value());
  EXPECT_EQ(detail->quota_subject, "bytes of the calls in flight of the tenant");
}

}  // namespace
}  // namespace cellar
