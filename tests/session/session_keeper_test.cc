#include "server/session/session_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fault_store.h"

namespace cellar {
namespace {

using testing::HasSubstr;

constexpr int64_t kCheckpointSteps = 10;
constexpr absl::Duration kCheckpointInterval = absl::Seconds(5);

class SessionKeeperTest : public testing::Test {
 protected:
  std::shared_ptr<Session> Create(const std::string& id, Durability durability) {
    SessionConfig config = ConfigOf(id, absl::Hours(1));
    config.durability = durability;
    SessionProgress start = StartOf(config);
    auto session = table_.Create(std::move(config), std::move(start)).value();
    EXPECT_TRUE(Settled(session).ok());
    EXPECT_TRUE(keeper_.Flush().ok());
    return session;
  }

  // Steps once; does not wait for the store.
  void Step(const std::shared_ptr<Session>& session, int64_t step_count = 1) {
    auto hold = table_.HoldAwake(session);
    auto lease = hold->Lease();
    std::vector<float> inputs(step_count, 1.0f);
    const auto steps = static_cast<float>(lease->progress().next_step + step_count);
    ASSERT_TRUE(
        lease->Advance({step_count, SharedNumbers::Of<float>(inputs), ScalarState(steps, 1)}).ok());
  }

  void Rewind(const std::shared_ptr<Session>& session) {
    auto hold = table_.HoldAwake(session);
    auto lease = hold->Lease();
    ASSERT_TRUE(lease->Commit(StartOf(session->config())).ok());
  }

  absl::Status Settled(const std::shared_ptr<Session>& session,
                       const absl::Status& outcome = absl::OkStatus()) {
    absl::Notification told;
    absl::Status settled;
    keeper_.Settle(session, outcome, [&](absl::Status status) {
      settled = std::move(status);
      told.Notify();
    });
    told.WaitForNotification();
    return settled;
  }

  // What a server that started now would find.
  StoredSession Stored(const std::string& id) {
    const std::string name = "sessions/" + id;
    return keeper_.Load({kDefaultTenant, name}, HomeworkPin()).value();
  }

  FakeClock clock_;
  FaultStore store_;
  GroupWriter writer_{store_};
  std::vector<std::string> log_;
  SessionKeeper keeper_{
      store_,
      writer_,
      clock_,
      {.checkpoint_steps = kCheckpointSteps, .checkpoint_interval = kCheckpointInterval},
      [this](const std::string& line) { log_.push_back(line); }};
  SessionTable table_{{}, clock_, &keeper_};
};

TEST_F(SessionKeeperTest, EveryStepIsInTheStoreAndSyncedBeforeItsAnswer) {
  const auto session = Create("a", Durability::kEveryStep);
  for (int64_t step = 1; step <= 3; ++step) {
    Step(session);
    EXPECT_TRUE(Settled(session).ok());
    store_.LosePower();
    EXPECT_EQ(Stored("a").progress.next_step, step);
    EXPECT_EQ(session->Look().durable_step, step);
  }
}

TEST_F(SessionKeeperTest, APeriodicSessionIsWrittenAfterSoManySteps) {
  const auto session = Create("a", Durability::kPeriodic);
  Step(session, kCheckpointSteps - 1);
  EXPECT_TRUE(Settled(session).ok());  // at once
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_EQ(session->Look().durable_step, 0);
  Step(session);
  EXPECT_TRUE(keeper_.Flush().ok());
  store_.LosePower();
  EXPECT_EQ(session->Look().durable_step, kCheckpointSteps);
  EXPECT_EQ(Stored("a").progress.next_step, kCheckpointSteps);
}

TEST_F(SessionKeeperTest, APeriodicSessionIsWrittenAfterTheInterval) {
  const auto session = Create("a", Durability::kPeriodic);
  Step(session);
  EXPECT_EQ(keeper_.Checkpoint(), kCheckpointInterval);
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_EQ(session->Look().durable_step, 0);
  clock_.Advance(kCheckpointInterval);
  keeper_.Checkpoint();
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_EQ(session->Look().durable_step, 1);
  // Nothing new: nothing is written.
  const int64_t writes = store_.write_count();
  clock_.Advance(kCheckpointInterval);
  keeper_.Checkpoint();
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_EQ(store_.write_count(), writes);
}

TEST_F(SessionKeeperTest, WhatWasWrittenBeforeARewindSaysNothingOfTheStepsAfterIt) {
  const auto session = Create("a", Durability::kPeriodic);
  Step(session, 3);
  store_.HoldWrites(true);
  keeper_.Keep(session);
  store_.AwaitHeldWrite();  // of three steps
  Rewind(session);
  Step(session, 3);  // perhaps others
  store_.HoldWrites(false);
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_EQ(session->Look().next_step, 3);
  EXPECT_EQ(session->Look().durable_step, 0);
}

TEST_F(SessionKeeperTest, AUseThatChangesNothingIsWrittenToo) {
  for (const auto durability : {Durability::kPeriodic, Durability::kEveryStep}) {
    const std::string id = durability == Durability::kPeriodic ? "p" : "e";
    const auto session = Create(id, durability);
    clock_.Advance(absl::Minutes(50));
    const absl::Time last_use = clock_.Now();
    { const auto hold = table_.HoldAwake(session); }
    clock_.Advance(kCheckpointInterval);
    keeper_.Checkpoint();
    EXPECT_TRUE(keeper_.Flush().ok());
    EXPECT_EQ(Stored(id).times.unused_since, last_use) << "a crash must not make it expire earlier";
    EXPECT_EQ(session->Look().expire_time, last_use + absl::Hours(1));
  }
}

TEST_F(SessionKeeperTest, ARewindIsWrittenBeforeItsAnswerAndLowersTheDurableStep) {
  const auto session = Create("a", Durability::kPeriodic);
  Step(session, kCheckpointSteps);
  EXPECT_TRUE(keeper_.Flush().ok());
  Rewind(session);
  EXPECT_EQ(session->Look().durable_step, 0);
  EXPECT_TRUE(Settled(session).ok());
  store_.LosePower();
  EXPECT_EQ(Stored("a").progress.next_step, 0);
}

TEST_F(SessionKeeperTest, AMemorySessionIsKnownToTheStoreButNotItsSteps) {
  const auto session = Create("a", Durability::kMemory);
  Step(session, 3);
  EXPECT_TRUE(Settled(session).ok());
  clock_.Advance(kCheckpointInterval);
  keeper_.Checkpoint();
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_EQ(Stored("a").progress.next_step, 0);
  EXPECT_EQ(session->Look().durable_step, 0);
  EXPECT_TRUE(table_.KeepAll().ok());  // the end in order
  EXPECT_EQ(Stored("a").progress.next_step, 3);
}

// A server that is killed right after the answer must know later what was lost.
TEST_F(SessionKeeperTest, TheCreationOfAMemorySessionWaitsForTheStoreAndItsStepsDoNot) {
  SessionConfig config = ConfigOf("a", absl::Hours(1));
  config.durability = Durability::kMemory;
  SessionProgress start = StartOf(config);
  store_.Fail(FaultStore::Fault::kWriteFails);
  const auto session = table_.Create(std::move(config), std::move(start)).value();
  EXPECT_EQ(GetErrorReason(Settled(session)), "STORE_FAILED");
  store_.Fail(FaultStore::Fault::kNone);
  EXPECT_TRUE(Settled(session).ok());
  EXPECT_EQ(Stored("a").progress.next_step, 0);
  EXPECT_EQ(store_.sync_count(), 0);
  store_.Fail(FaultStore::Fault::kWriteFails);
  Step(session);
  EXPECT_TRUE(Settled(session).ok());
}

TEST_F(SessionKeeperTest, AnAnswerThatCannotBeKeptFailsAndCanBeAskedForAgain) {
  const auto session = Create("a", Durability::kEveryStep);
  for (const auto fault : {FaultStore::Fault::kWriteFails, FaultStore::Fault::kWriteSeemsToFail}) {
    store_.Fail(fault);
    Step(session);
    EXPECT_EQ(GetErrorReason(Settled(session)), "STORE_FAILED");
    EXPECT_EQ(GetErrorReason(keeper_.CheckWorking()), "STORE_FAILED");
    store_.Fail(FaultStore::Fault::kNone);
    EXPECT_TRUE(Settled(session).ok());
    EXPECT_TRUE(keeper_.CheckWorking().ok());
  }
  EXPECT_EQ(Stored("a").progress.next_step, 2);
}

TEST_F(SessionKeeperTest, TriesAgainByItselfWhatFailed) {
  const auto session = Create("a", Durability::kPeriodic);
  Step(session);
  store_.Fail(FaultStore::Fault::kWriteFails);
  clock_.Advance(kCheckpointInterval);
  keeper_.Checkpoint();
  EXPECT_FALSE(keeper_.Flush().ok());
  EXPECT_EQ(session->Look().durable_step, 0);
  store_.Fail(FaultStore::Fault::kNone);
  clock_.Advance(kCheckpointInterval);
  keeper_.Checkpoint();
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_EQ(session->Look().durable_step, 1);
}

TEST_F(SessionKeeperTest, AFailureIsAnsweredInItsPlaceAndHasTheLastWord) {
  const auto session = Create("a", Durability::kEveryStep);
  std::vector<int> order;
  Step(session);
  keeper_.Settle(session, absl::OkStatus(), [&](const absl::Status&) { order.push_back(1); });
  keeper_.Settle(session, absl::AbortedError("x"), [&](const absl::Status& status) {
    EXPECT_TRUE(absl::IsAborted(status));
    order.push_back(2);
  });
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_THAT(order, testing::ElementsAre(1, 2));
}

TEST_F(SessionKeeperTest, ADeletedSessionIsATombstoneInTheStore) {
  const auto session = Create("a", Durability::kPeriodic);
  Step(session);  // a change that must not bring it back
  ASSERT_TRUE(table_.Delete({kDefaultTenant, "sessions/a"}).ok());
  clock_.Advance(kCheckpointInterval);
  keeper_.Checkpoint();
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_FALSE(store_.Has("s/default/sessions/a"));
  EXPECT_TRUE(store_.Has("t/default/sessions/a"));
}

TEST_F(SessionKeeperTest, ADeletionOutlivesAFailingStoreButNotANewSessionOfTheName) {
  Create("a", Durability::kPeriodic);
  store_.Fail(FaultStore::Fault::kWriteFails);
  ASSERT_TRUE(table_.Delete({kDefaultTenant, "sessions/a"}).ok());
  EXPECT_FALSE(keeper_.Flush().ok());
  store_.Fail(FaultStore::Fault::kNone);
  Create("a", Durability::kPeriodic);
  EXPECT_TRUE(store_.Has("s/default/sessions/a"));
}

TEST_F(SessionKeeperTest, SetsDamageAsideAndTellsItByName) {
  Create("a", Durability::kPeriodic);
  const std::string key = "s/default/sessions/a";
  const std::string before = store_.record(key);
  store_.FlipBit(key, 555);
  const auto loaded = keeper_.Load({kDefaultTenant, "sessions/a"}, HomeworkPin());
  EXPECT_TRUE(absl::IsDataLoss(loaded.status()));
  keeper_.SetAside(key, loaded.status());
  EXPECT_TRUE(keeper_.Flush().ok());
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr(key));
  EXPECT_FALSE(store_.Has(key));
  bool aside = false;
  for (const std::string& other : store_.keys()) aside = aside || other.substr(0, 2) == "d/";
  EXPECT_TRUE(aside);
}

TEST_F(SessionKeeperTest, ASessionThatIsBuriedDamagedIsMovedAsItWas) {
  Create("a", Durability::kPeriodic);
  const std::string key = "s/default/sessions/a";
  store_.FlipBit(key, 555);
  const std::string damaged = store_.record(key);
  // The first try seems to fail, and is made again when the name has another record.
  store_.Fail(FaultStore::Fault::kWriteSeemsToFail);
  keeper_.Bury({kDefaultTenant, "sessions/a"}, {SessionEnd::kDamaged, clock_.Now()});
  EXPECT_FALSE(keeper_.Flush().ok());
  EXPECT_FALSE(store_.Has(key));
  store_.Fail(FaultStore::Fault::kNone);
  EXPECT_TRUE(writer_.Await([&](RecordBatch& batch) { batch.Put(key, "another"); }).ok());
  EXPECT_EQ(store_.record(key), "another");
  EXPECT_EQ(store_.record(absl::StrCat("d/", absl::ToUnixMillis(clock_.Now()), "/", key)), damaged);
}

TEST_F(SessionKeeperTest, ARecordOfAnotherModelIsDamage) {
  Create("a", Durability::kPeriodic);
  ModelRegistry registry{{}};
  const auto other = registry.Add(kDefaultTenant, RandomModel(3)).value();
  const auto loaded = keeper_.Load({kDefaultTenant, "sessions/a"},
                                   registry.Pin({kDefaultTenant, other->name()}).value());
  EXPECT_EQ(GetErrorReason(loaded.status()), "RECORD_CORRUPT");
  EXPECT_TRUE(absl::IsDataLoss(loaded.status()));
}

TEST_F(SessionKeeperTest, ARunThatDidNotEndInOrderIsSeenByTheNext) {
  EXPECT_TRUE(*keeper_.BeginRun("1"));  // the first
  EXPECT_FALSE(*keeper_.BeginRun("2"));
  EXPECT_TRUE(keeper_.EndRun("2").ok());
  EXPECT_TRUE(*keeper_.BeginRun("3"));
}

TEST(SessionKeeperFormat, TombstonesComeBack) {
  for (const auto end :
       {SessionEnd::kExpired, SessionEnd::kDeleted, SessionEnd::kLost, SessionEnd::kDamaged}) {
    const Tombstone tombstone = {end, FakeClock::Start() + absl::Nanoseconds(7)};
    EXPECT_EQ(*ReadTombstone("t/x", WriteTombstone(tombstone)), tombstone);
  }
  EXPECT_FALSE(ReadTombstone("t/x", "").ok());
  EXPECT_FALSE(ReadTombstone("t/x", std::string("\x04\0\0\0\0\0\0\0\0", 9)).ok());
}

}  // namespace
}  // namespace cellar
