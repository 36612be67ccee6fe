#include "client/network_cause.h"

#include <gtest/gtest.h>

#include "client/call_status.h"

namespace cellar {
namespace {

TEST(NetworkCause, IsTheKnownPartOfALongMessage) {
  EXPECT_EQ(NetworkCause("failed to connect to all addresses; last error: UNKNOWN: "
                         "ipv4:127.0.0.1:1: Failed to connect to remote host: connection refused"),
            "Connection refused");
  EXPECT_EQ(NetworkCause("DNS resolution failed for x:1: C-ares status"), "DNS resolution failed");
  EXPECT_EQ(NetworkCause("something\nelse"), "something else");
}

TEST(NetworkCause, OnlyACallWithoutAnAnswerIsUnreachable) {
  EXPECT_TRUE(IsUnreachable(FromCall({grpc::StatusCode::UNAVAILABLE, "Connection refused"})));
  EXPECT_FALSE(IsUnreachable(FromCall({grpc::StatusCode::INTERNAL, "broken"})));
  EXPECT_FALSE(IsUnreachable(absl::UnavailableError("not of a call")));
  EXPECT_FALSE(IsUnreachable(absl::OkStatus()));
}

}  // namespace
}  // namespace cellar
