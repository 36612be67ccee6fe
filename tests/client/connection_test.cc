#include "client/connection.h"

#include <gtest/gtest.h>

#include "tests/client/fake_session_service.h"

namespace cellar {
namespace {

TEST(ConnectionOpenTest, RefusesAnAddressThatIsNone) {
  EXPECT_FALSE(Connection::Open({.address = "nowhere"}).ok());
}

class ConnectionTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::GetSessionResponse> Get(Repeat repeat) {
    v1::GetSessionRequest request;
    request.set_name("sessions/a");
    return connection_.Call(connection_.sessions(), &v1::SessionService::Stub::GetSession, request,
                            repeat);
  }

  FakeServer server_;
  Connection connection_{server_.channel,
                         {.retry = {.max_attempts = 3, .initial_delay = absl::ZeroDuration()}}};
};

TEST_F(ConnectionTest, CallsAnswer) {
  const auto answer = Get(Repeat::kUnsafe);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->session().name(), "sessions/a");
}

TEST_F(ConnectionTest, BrokenCallsAreRetriedIfThatIsSafe) {
  server_.service.FailCalls({grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"), grpc::Status::OK});
  EXPECT_TRUE(Get(Repeat::kSafe).ok());
  EXPECT_EQ(server_.service.call_count(), 2);
}

TEST_F(ConnectionTest, BrokenCallsAreNotRetriedIfThatIsNotSafe) {
  server_.service.FailCalls({grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut"), grpc::Status::OK});
  const auto answer = Get(Repeat::kUnsafe);
  EXPECT_TRUE(absl::IsUnavailable(answer.status()));
  EXPECT_TRUE(IsFromCall(answer.status()));
  EXPECT_EQ(server_.service.call_count(), 1);
}

TEST_F(ConnectionTest, RefusalsKeepTheirReason) {
  server_.service.FailCalls({CellarStatus(grpc::StatusCode::NOT_FOUND, "SESSION_LOST")});
  EXPECT_EQ(GetCallError(Get(Repeat::kSafe).status()).reason, "SESSION_LOST");
  EXPECT_EQ(server_.service.call_count(), 1);
}

TEST(ConnectionDeadlineTest, TheTimeoutBecomesADeadlineUnlessItIsInfinite) {
  FakeServer server;
  grpc::ClientContext with;
  Connection(server.channel, {.call_timeout = absl::Seconds(5)}).SetDeadline(with);
  EXPECT_NE(with.deadline(), std::chrono::system_clock::time_point::max());
  grpc::ClientContext without;
  Connection(server.channel, {.call_timeout = absl::InfiniteDuration()}).SetDeadline(without);
  EXPECT_EQ(without.deadline(), std::chrono::system_clock::time_point::max());
}

}  // namespace
}  // namespace cellar
