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

TEST(RpcErrors, CannotListenNamesTheAddressAndTheCause) {
  EXPECT_EQ(CannotListen("127.0.0.1:1", "taken").message(), "cannot listen on 127.0.0.1:1: taken");
}

}  // namespace
}  // namespace cellar
