#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/session/session_errors.h"
#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::Pair;

class SessionTableTenantsTest : public testing::Test {
 protected:
  absl::Status Create(const std::string& tenant, const std::string& id) {
    SessionConfig config = ConfigOf(id);
    config.tenant = tenant;
    SessionProgress progress = StartOf(config);
    return table_.Create(std::move(config), std::move(progress)).status();
  }

  FakeClock clock_;
  SessionTable table_{{.max_sessions = 4, .max_sessions_per_tenant = 2}, clock_};
};

TEST_F(SessionTableTenantsTest, AFullTenantLeavesRoomForOthers) {
  EXPECT_TRUE(Create("me", "a").ok());
  EXPECT_TRUE(Create("me", "b").ok());
  const absl::Status full = Create("me", "c");
  EXPECT_EQ(GetErrorReason(full), "SESSION_LIMIT");
  EXPECT_THAT(GetErrorDetail(full)->metadata,
              ElementsAre(Pair("limit", "2"), Pair("used", "2"), Pair("scope", "tenant")));
  EXPECT_TRUE(Create("you", "a").ok());
  EXPECT_TRUE(Create("you", "b").ok());
  const absl::Status server = Create("she", "a");
  EXPECT_THAT(GetErrorDetail(server)->metadata,
              ElementsAre(Pair("limit", "4"), Pair("used", "4"), Pair("scope", "server")));
}

TEST_F(SessionTableTenantsTest, RoomComesBackWhenSessionsEnd) {
  EXPECT_TRUE(Create("me", "a").ok());
  EXPECT_TRUE(Create("me", "b").ok());
  EXPECT_TRUE(table_.Delete({"me", "sessions/a"}).ok());
  EXPECT_TRUE(Create("me", "c").ok());
  EXPECT_FALSE(Create("me", "d").ok());
  clock_.Advance(absl::Hours(1));  // all expire
  EXPECT_TRUE(Create("me", "d").ok());
  EXPECT_TRUE(Create("me", "e").ok());
  EXPECT_FALSE(Create("me", "f").ok());
}

}  // namespace
}  // namespace cellar
