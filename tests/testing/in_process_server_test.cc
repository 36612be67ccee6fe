#include "tests/testing/in_process_server.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(InProcessServer, AnswersAndFollowsTheFakeClock) {
  InProcessServer server;
  server.AddHomework();
  const std::string session = server.NewSession("a");
  EXPECT_EQ(session, "sessions/a");
  server.clock().Advance(absl::Hours(2));
  v1::GetSessionRequest request;
  request.set_name(session);
  v1::GetSessionResponse response;
  grpc::ClientContext context;
  EXPECT_EQ(server.sessions().GetSession(&context, request, &response).error_code(),
            grpc::StatusCode::NOT_FOUND);  // expired
}

TEST(InProcessServer, ServersDoNotShareAPort) {
  const InProcessServer first;
  const InProcessServer second;
  EXPECT_NE(first.address(), second.address());
}

}  // namespace
}  // namespace cellar
