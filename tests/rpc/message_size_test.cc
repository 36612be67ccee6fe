#include "server/rpc/message_size.h"

#include "cellar/v1/session_service.pb.h"
#include "gtest/gtest.h"
#include "server/base/error.h"

namespace cellar {
namespace {

TEST(CheckMessageSize, TakesWhatIsJustLongEnough) {
  v1::DeleteSessionRequest request;
  request.set_name("12345678");  // and two bytes for its tag and length
  EXPECT_TRUE(CheckMessageSize(request, 10).ok());
  EXPECT_EQ(GetErrorReason(CheckMessageSize(request, 9)), "MESSAGE_SIZE_LIMIT");
}

}  // namespace
}  // namespace cellar
