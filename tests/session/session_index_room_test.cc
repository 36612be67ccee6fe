// What it costs to look for room where there is none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/session/session_index.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fault_store.h"

namespace cellar {
namespace {

class SessionIndexRoomTest : public testing::Test {
 protected:
  absl::StatusOr<std::shared_ptr<Session>> Create() {
    const SessionConfig config =
        ConfigOf(absl::StrCat("s", table_.session_count()), absl::Hours(1));
    return table_.Create(config, StartOf(config));
  }

  // Until there is no room.
  std::vector<std::shared_ptr<Session>> CreateAll() {
    std::vector<std::shared_ptr<Session>> sessions;
    auto created = Create();
    for (; created.ok(); created = Create()) sessions.push_back(*std::move(created));
    EXPECT_EQ(GetErrorReason(created.status()), "SESSION_BYTES_LIMIT");
    return sessions;
  }

  FakeClock clock_;
  FaultStore store_;
  GroupWriter writer_{store_};
  SessionKeeper keeper_{store_, writer_, clock_, {}, [](const std::string&) {}};
  SessionTable table_{{.max_bytes = int64_t{2} << 20}, clock_, &keeper_};
};

// Every entry of the writer's queue refers to its session.
int64_t References(const std::vector<std::shared_ptr<Session>>& sessions) {
  int64_t count = 0;
  for (const auto& session : sessions) count += session.use_count();
  return count;
}

TEST_F(SessionIndexRoomTest, WhatHasToBeWrittenBeforeItSleepsIsAskedForOnce) {
  store_.HoldWrites(true);
  auto sessions = CreateAll();
  const auto count = static_cast<int64_t>(sessions.size());
  const int64_t references = References(sessions);
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(Create().ok());
    table_.SleepIdle();
  }
  EXPECT_LE(References(sessions), references + 2 * count);
  store_.HoldWrites(false);
  EXPECT_TRUE(keeper_.Flush().ok());
  sessions.clear();
  EXPECT_TRUE(Create().ok()) << "all may sleep now";
}

TEST_F(SessionIndexRoomTest, WhatCouldNotBeWrittenIsTriedAgainByTheCheckpointAlone) {
  store_.Fail(FaultStore::Fault::kWriteFails);
  auto sessions = CreateAll();
  for (int i = 0; i < 20; ++i) {  // all are asked for
    table_.SleepIdle();
    keeper_.Flush().IgnoreError();
  }
  const int64_t writes = store_.write_count();
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(Create().ok());
    keeper_.Flush().IgnoreError();
  }
  EXPECT_EQ(store_.write_count(), writes);
  store_.Fail(FaultStore::Fault::kNone);
  clock_.Advance(keeper_.options().checkpoint_interval);
  keeper_.Checkpoint();
  EXPECT_TRUE(keeper_.Flush().ok());
  sessions.clear();
  EXPECT_TRUE(Create().ok()) << "all may sleep now";
}

TEST_F(SessionIndexRoomTest, WhoNeedsRoomLooksAtSoManySessionsAndNoMore) {
  std::vector<std::shared_ptr<Session>> sessions;
  std::vector<SessionHold> holds;
  for (auto created = Create(); created.ok(); created = Create()) {
    sessions.push_back(*std::move(created));
    holds.push_back(table_.HoldAwake(sessions.back()).value());
  }
  ASSERT_GT(sessions.size(), 3000u);
  EXPECT_TRUE(keeper_.Flush().ok());
  store_.HoldWrites(true);
  clock_.Advance(absl::Seconds(1));
  holds.clear();  // nobody uses them any more: the store does not know that yet

  EXPECT_EQ(GetErrorReason(Create().status()), "SESSION_BYTES_LIMIT");
  const auto asked = std::count_if(sessions.begin(), sessions.end(),
                                   [](const auto& session) { return session.use_count() > 2; });
  EXPECT_GT(asked, 0);
  EXPECT_LT(asked, 400);
  store_.HoldWrites(false);
  EXPECT_TRUE(keeper_.Flush().ok());
  sessions.clear();
  EXPECT_TRUE(Create().ok());
}

}  // namespace
}  // namespace cellar
