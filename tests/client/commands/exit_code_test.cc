#include "client/commands/exit_code.h"

#include <gtest/gtest.h>

#include "client/call_status.h"

namespace cellar {
namespace {

TEST(ExitCodeForTest, TellsWhoseFaultItIs) {
  const auto of_call = [](grpc::StatusCode code) {
    return ExitCodeFor(FromCall(grpc::Status(code, "")));
  };
  EXPECT_EQ(ExitCodeFor(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeFor(absl::InvalidArgumentError("a flag")), 2);
  EXPECT_EQ(of_call(grpc::StatusCode::INVALID_ARGUMENT), 3);
  EXPECT_EQ(of_call(grpc::StatusCode::NOT_FOUND), 3);
  EXPECT_EQ(of_call(grpc::StatusCode::UNAVAILABLE), 4);
  EXPECT_EQ(of_call(grpc::StatusCode::DEADLINE_EXCEEDED), 4);
  EXPECT_EQ(of_call(grpc::StatusCode::INTERNAL), 5);
  EXPECT_EQ(of_call(grpc::StatusCode::UNKNOWN), 5);
}

}  // namespace
}  // namespace cellar
