#include "server/session/session_lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <utility>
#include <vector>

#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

constexpr char kName[] = "sessions/a";

class SessionLeaseTest : public testing::Test {
 protected:
  explicit SessionLeaseTest(SessionTable::Limits limits = {}) : table_(limits, clock_) {
    const SessionConfig config = ConfigOf("a");
    session_ = table_.Create(config, StartOf(config)).value();
  }

  FakeClock clock_;
  SessionTable table_;
  std::shared_ptr<Session> session_;
};

TEST_F(SessionLeaseTest, CommitReplacesTheProgress) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  EXPECT_EQ(lease.progress().next_step, 0);
  EXPECT_EQ(lease.session().name(), kName);

  ASSERT_TRUE(lease.Commit(After(lease.progress(), {1})).ok());
  ASSERT_TRUE(lease.Commit(After(lease.progress(), {1, 2})).ok());

  EXPECT_EQ(lease.progress().next_step, 3);
  EXPECT_EQ(session_->Look().next_step, 3);
  EXPECT_EQ(session_->Look().state, ScalarState(3, 1));
}

// What After does, by Advance.
StepsMade StepsOf(const SessionProgress& progress, const std::vector<float>& inputs) {
  return {static_cast<int64_t>(inputs.size()), SharedNumbers::Of<float>(inputs),
          After(progress, inputs).state};
}

TEST_F(SessionLeaseTest, AdvanceIsACommitOfOneMoreRequest) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  SessionProgress expected = lease.progress();
  for (int request = 0; request < 12; ++request) {  // more than the window keeps
    const std::vector<float> inputs(1 + request % 3, static_cast<float>(request));
    expected = After(expected, inputs);
    clock_.Advance(absl::Seconds(1));
    ASSERT_TRUE(lease.Advance(StepsOf(lease.progress(), inputs)).ok());

    EXPECT_EQ(lease.progress().state, expected.state);
    EXPECT_EQ(lease.progress().next_step, expected.next_step);
    EXPECT_EQ(table_.used_bytes(), SessionBytes(session_->config(), expected));
    EXPECT_EQ(session_->Look().next_step, expected.next_step);
    EXPECT_EQ(session_->Look().oldest_step, expected.window.OldestStep(expected.next_step));
    EXPECT_EQ(session_->Look().update_time, clock_.Now());
  }
}

TEST_F(SessionLeaseTest, AdvanceOfASessionThatEndedOrWithoutAStateChangesNothing) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  EXPECT_EQ(lease.Advance({1, nullptr, nullptr}).code(), absl::StatusCode::kInternal);
  ASSERT_TRUE(table_.Delete({kDefaultTenant, kName}).ok());
  EXPECT_EQ(GetErrorReason(lease.Advance(StepsOf(lease.progress(), {1}))), "SESSION_DELETED");
  EXPECT_EQ(lease.progress().next_step, 0);
  EXPECT_EQ(lease.progress().state, StartOf(ConfigOf("a")).state);
}

TEST_F(SessionLeaseTest, ReleaseWithoutCommitLeavesTheSessionUntouched) {
  const Session::View before = session_->Look();
  {
    SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
    SessionLease lease = hold.Lease().value();
    After(lease.progress(), {1});
  }
  EXPECT_EQ(session_->Look().state, before.state);
  EXPECT_EQ(session_->Look().next_step, 0);
  EXPECT_EQ(session_->Look().update_time, before.update_time);
}

TEST_F(SessionLeaseTest, ThereIsOnlyOneLease) {
  SessionHold first = table_.Hold({kDefaultTenant, kName}).value();
  SessionHold second = table_.Hold({kDefaultTenant, kName}).value();
  {
    const SessionLease lease = first.Lease().value();
    EXPECT_EQ(second.Lease().status().code(), absl::StatusCode::kInternal);
    EXPECT_EQ(GetErrorReason(first.Lease().status()), "INTERNAL");
  }
  EXPECT_TRUE(second.Lease().ok()) << "the first one is released";
}

TEST_F(SessionLeaseTest, MovedLeaseIsStillOneLease) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  std::optional<SessionLease> moved;
  {
    SessionLease lease = hold.Lease().value();
    moved.emplace(std::move(lease));
  }
  EXPECT_FALSE(hold.Lease().ok());
  ASSERT_TRUE(moved->Commit(After(moved->progress(), {1})).ok());
  moved.reset();
  EXPECT_TRUE(hold.Lease().ok());
}

TEST_F(SessionLeaseTest, HeldSessionDoesNotExpire) {
  std::optional<SessionHold> hold = table_.Hold({kDefaultTenant, kName}).value();
  clock_.Advance(absl::Hours(1));
  table_.EndDue();
  EXPECT_TRUE(hold->Lease().ok());
  EXPECT_TRUE(table_.Find({kDefaultTenant, kName}).ok());
}

TEST_F(SessionLeaseTest, LeaseAndHoldEndTogether) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  clock_.Advance(absl::Minutes(1));
  EXPECT_EQ(std::move(lease).EndWith(std::move(hold)), session_);
  EXPECT_EQ(session_->Look().expire_time, clock_.Now() + session_->terms().ttl)
      << "it was in use until now";
  clock_.Advance(session_->terms().ttl);
  EXPECT_FALSE(table_.Hold({kDefaultTenant, kName}).ok()) << "nobody holds it";
}

TEST_F(SessionLeaseTest, AUseEndsWithItsCommit) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  clock_.Advance(absl::Minutes(1));
  ASSERT_TRUE(lease.Advance(StepsOf(lease.progress(), {1})).ok());
  const absl::Time committed = clock_.Now();
  clock_.Advance(absl::Seconds(1));
  std::move(lease).EndWith(std::move(hold));
  EXPECT_EQ(session_->Look().expire_time, committed + session_->terms().ttl);
  EXPECT_TRUE(table_.Hold({kDefaultTenant, kName}).value().Lease().ok()) << "leased by nobody";
}

TEST_F(SessionLeaseTest, UnusedTimeBeginsWhenTheLastHoldGoes) {
  std::optional<SessionHold> first = table_.Hold({kDefaultTenant, kName}).value();
  std::optional<SessionHold> second = table_.Hold({kDefaultTenant, kName}).value();
  clock_.Advance(absl::Seconds(40));
  first.reset();
  clock_.Advance(absl::Seconds(40));
  second.reset();
  const absl::Time released = clock_.Now();

  EXPECT_EQ(session_->Look().expire_time, released + absl::Minutes(1));
  clock_.Advance(absl::Minutes(1) - absl::Nanoseconds(1));
  table_.EndDue();
  EXPECT_TRUE(table_.Find({kDefaultTenant, kName}).ok());
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(GetErrorReason(table_.Find({kDefaultTenant, kName}).status()), "SESSION_EXPIRED");
}

TEST_F(SessionLeaseTest, AssignedHoldReleasesWhatItHeld) {
  const SessionConfig config = ConfigOf("b", absl::InfiniteDuration());
  const auto other = table_.Create(config, StartOf(config)).value();
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  hold = table_.Hold({kDefaultTenant, "sessions/b"}).value();

  EXPECT_EQ(hold.session(), other);
  clock_.Advance(absl::Minutes(1));
  EXPECT_FALSE(table_.Find({kDefaultTenant, kName}).ok()) << "nobody holds it any more";

  SessionHold& itself = hold;
  hold = std::move(itself);
  EXPECT_EQ(hold.session(), other);
  EXPECT_TRUE(hold.Lease().ok());
}

TEST_F(SessionLeaseTest, CommitOnADeletedSessionFails) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  ASSERT_TRUE(table_.Delete({kDefaultTenant, kName}).ok());

  const absl::Status status = lease.Commit(After(lease.progress(), {1}));

  EXPECT_EQ(GetErrorReason(status), "SESSION_DELETED");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), table_.epoch());
  EXPECT_EQ(session_->Look().next_step, 0);
  EXPECT_EQ(lease.progress().next_step, 0);
  EXPECT_EQ(GetErrorReason(hold.Lease().status()), "SESSION_DELETED");
}

TEST_F(SessionLeaseTest, CommitOfTheDeletedDoesNotTouchItsSuccessor) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  ASSERT_TRUE(table_.Delete({kDefaultTenant, kName}).ok());
  const SessionConfig config = ConfigOf("a");
  const auto successor = table_.Create(config, StartOf(config)).value();

  EXPECT_FALSE(lease.Commit(After(lease.progress(), {1})).ok());
  EXPECT_EQ(successor->Look().next_step, 0);
  EXPECT_TRUE(table_.Hold({kDefaultTenant, kName}).value().Lease().ok());
}

TEST_F(SessionLeaseTest, HoldsAndLeasesOutliveTheTable) {
  auto table = std::make_unique<SessionTable>(SessionTable::Limits{}, clock_);
  const SessionConfig config = ConfigOf("b");
  ASSERT_TRUE(table->Create(config, StartOf(config)).ok());
  SessionHold hold = table->Hold({kDefaultTenant, "sessions/b"}).value();
  SessionLease lease = hold.Lease().value();
  table.reset();

  EXPECT_TRUE(lease.Commit(After(lease.progress(), {1})).ok());
}

TEST_F(SessionLeaseTest, CommitWithoutAStateOrInputsIsRefused) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  SessionProgress stateless = lease.progress();
  stateless.state = nullptr;
  SessionProgress hollow = lease.progress();
  hollow.window.Push(
      {.first_step = 0, .step_count = 1, .state_before = nullptr, .inputs = nullptr});

  EXPECT_EQ(GetErrorReason(lease.Commit(stateless)), "INTERNAL");
  EXPECT_EQ(GetErrorReason(lease.Commit(hollow)), "INTERNAL");
  EXPECT_NE(session_->Look().state, nullptr);
}

// A table that holds one session of one request, and not one byte more.
class FullTableTest : public SessionLeaseTest {
 protected:
  FullTableTest() : SessionLeaseTest({.max_bytes = Limit()}) {}

  static int64_t Limit() {
    const SessionConfig config = ConfigOf("a");
    return SessionBytes(config, After(StartOf(config), {1}));
  }
};

TEST_F(FullTableTest, CommitBeyondTheBudgetChangesNothing) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  ASSERT_TRUE(lease.Commit(After(lease.progress(), {1})).ok());
  EXPECT_EQ(table_.used_bytes(), Limit());
  const Session::View before = session_->Look();
  clock_.Advance(absl::Seconds(1));

  const absl::Status status = lease.Commit(After(lease.progress(), {1}));

  EXPECT_EQ(GetErrorReason(status), "SESSION_BYTES_LIMIT");
  EXPECT_EQ(session_->Look().state, before.state);
  EXPECT_EQ(session_->Look().update_time, before.update_time);
  EXPECT_EQ(lease.progress().next_step, 1);
  EXPECT_EQ(table_.used_bytes(), Limit());
}

TEST_F(FullTableTest, AdvanceBeyondTheBudgetChangesNothing) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  ASSERT_TRUE(lease.Advance(StepsOf(lease.progress(), {1})).ok());
  const auto state = lease.progress().state;

  EXPECT_EQ(GetErrorReason(lease.Advance(StepsOf(lease.progress(), {1}))), "SESSION_BYTES_LIMIT");
  EXPECT_EQ(lease.progress().state, state);
  EXPECT_EQ(lease.progress().next_step, 1);
  EXPECT_EQ(lease.progress().window.entry_count(), 1);
  EXPECT_EQ(table_.used_bytes(), Limit());
}

TEST_F(FullTableTest, CommitThatShrinksAlwaysSucceeds) {
  SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
  SessionLease lease = hold.Lease().value();
  ASSERT_TRUE(lease.Commit(After(lease.progress(), {1})).ok());

  SessionProgress same = lease.progress();
  same.next_step = 77;
  EXPECT_TRUE(lease.Commit(same).ok());
  SessionProgress smaller = same;
  smaller.window.Clear();
  EXPECT_TRUE(lease.Commit(smaller).ok());

  EXPECT_EQ(table_.used_bytes(), SessionBytes(session_->config(), smaller));
}

TEST_F(FullTableTest, BytesAreGivenBackWhenTheLastUserLetsGo) {
  {
    SessionHold hold = table_.Hold({kDefaultTenant, kName}).value();
    session_.reset();
    ASSERT_TRUE(table_.Delete({kDefaultTenant, kName}).ok());
    EXPECT_GT(table_.used_bytes(), 0) << "the memory is still there";
  }
  EXPECT_EQ(table_.used_bytes(), 0);
}

}  // namespace
}  // namespace cellar
