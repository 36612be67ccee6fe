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

TEST_F(SessionTableTenantsTest, BytesOfATenantAreCappedAndComeBack) {
  const SessionConfig config = ConfigOf("a");
  const int64_t bytes = SessionBytes(config, StartOf(config));
  SessionTable table({.max_bytes = 10 * bytes, .max_bytes_per_tenant = 2 * bytes}, clock_);
  const auto create = [&](const std::string& tenant) {
    SessionConfig mine = config;
    mine.tenant = tenant;
    return table.Create(mine, StartOf(mine));
  };
  auto session = create(std::string(kDefaultTenant)).value();
  absl::Status status;
  while (status.ok()) {  // the window grows with every step
    auto hold = table.HoldAwake(session).value();
    auto lease = hold.Lease().value();
    status = lease.Commit(After(lease.progress(), {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}));
  }
  EXPECT_EQ(GetErrorReason(status), "SESSION_BYTES_LIMIT");
  EXPECT_THAT(GetErrorDetail(status)->metadata, testing::Contains(Pair("scope", "tenant")));
  EXPECT_TRUE(create("you").ok());

  ASSERT_TRUE(table.Delete({kDefaultTenant, "sessions/a"}).ok());
  EXPECT_FALSE(create(std::string(kDefaultTenant)).ok()) << "somebody still holds it";
  session.reset();
  EXPECT_TRUE(create(std::string(kDefaultTenant)).ok());
}

}  // namespace
}  // namespace cellar
