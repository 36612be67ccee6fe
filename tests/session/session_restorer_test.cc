#include "server/session/session_restorer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/base/error.h"
#include "server/store/record_format.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fault_store.h"

namespace cellar {
namespace {

using testing::HasSubstr;

// One run of a server, without anything above the sessions.
class ServerRun {
 public:
  ServerRun(FaultStore& store, FakeClock& clock) : store_(store), clock_(clock) {
    models_.Add(kDefaultTenant, HomeworkModel()).value();
    ended_in_order_ = keeper_.BeginRun(table_.epoch()).value();
    restored_ = RestoreSessions(store_, keeper_, models_, clock_, ended_in_order_, table_).value();
  }

  void Create(const std::string& id, Durability durability) {
    SessionConfig config = ConfigOf(id, absl::Hours(1));
    config.pin = models_.Pin({kDefaultTenant, "models/homework"}).value();
    config.model = config.pin.model();
    config.durability = durability;
    SessionProgress start = StartOf(config);
    ASSERT_TRUE(table_.Create(std::move(config), std::move(start)).ok());
  }

  std::string Reason(const std::string& id) {
    return GetErrorReason(table_.Hold(Owned(id)).status());
  }

  void EndInOrder() {
    ASSERT_TRUE(table_.KeepAll().ok());
    ASSERT_TRUE(keeper_.EndRun(table_.epoch()).ok());
  }

  OwnedName Owned(const std::string& id) {
    name_ = "sessions/" + id;
    return {kDefaultTenant, name_};
  }

  SessionTable& table() { return table_; }
  SessionKeeper& keeper() { return keeper_; }
  const RestoredSessions& restored() const { return restored_; }
  const std::vector<std::string>& log() const { return log_; }
  bool ended_in_order() const { return ended_in_order_; }

 private:
  FaultStore& store_;
  FakeClock& clock_;
  std::string name_;
  std::vector<std::string> log_;
  GroupWriter writer_{store_};
  SessionKeeper keeper_{
      store_, writer_, clock_, {}, [this](const std::string& line) { log_.push_back(line); }};
  ModelRegistry models_{{}};
  SessionTable table_{{}, clock_, &keeper_};
  bool ended_in_order_ = false;
  RestoredSessions restored_;
};

class SessionRestorerTest : public testing::Test {
 protected:
  std::unique_ptr<ServerRun> Start() {
    clock_.Advance(absl::Seconds(1));
    return std::make_unique<ServerRun>(store_, clock_);
  }

  FakeClock clock_;
  FaultStore store_;
};

TEST_F(SessionRestorerTest, SessionsSleepUntilTheyAreTouched) {
  {
    const auto run = Start();
    run->Create("a", Durability::kPeriodic);
    run->Create("b", Durability::kEveryStep);
  }
  const auto run = Start();
  EXPECT_FALSE(run->ended_in_order());
  EXPECT_EQ(run->restored().session_count, 2);
  EXPECT_EQ(run->table().session_count(), 2);
  EXPECT_EQ(run->table().awake_count(), 0);
  EXPECT_EQ(run->table().used_bytes(), 0);
  EXPECT_EQ(run->Reason("a"), "");
  EXPECT_EQ(run->table().awake_count(), 1);
}

TEST_F(SessionRestorerTest, AMemorySessionIsLostInACrashAndToldSoWithTheTime) {
  { Start()->Create("a", Durability::kMemory); }
  const auto run = Start();
  EXPECT_EQ(run->restored().lost_count, 1);
  const absl::Status status = run->table().Hold(run->Owned("a")).status();
  EXPECT_EQ(GetErrorReason(status), "SESSION_LOST");
  EXPECT_NE(MetadataOf(status, "lost_time"), "(none)");
}

TEST_F(SessionRestorerTest, AMemorySessionOutlivesAnEndInOrder) {
  {
    const auto run = Start();
    run->Create("a", Durability::kMemory);
    run->EndInOrder();
  }
  {
    const auto run = Start();
    EXPECT_TRUE(run->ended_in_order());
    EXPECT_EQ(run->Reason("a"), "");
  }
  EXPECT_EQ(Start()->Reason("a"), "SESSION_LOST");  // that run did not
}

TEST_F(SessionRestorerTest, EndsAreRememberedAcrossRuns) {
  {
    const auto run = Start();
    run->Create("a", Durability::kPeriodic);
    run->Create("b", Durability::kPeriodic);
    ASSERT_TRUE(run->table().Delete(run->Owned("a")).ok());
    clock_.Advance(absl::Hours(2));
  }
  const auto run = Start();
  EXPECT_EQ(run->Reason("a"), "SESSION_DELETED");
  EXPECT_EQ(run->Reason("b"), "SESSION_EXPIRED");  // while nobody ran
  clock_.Advance(absl::Hours(30));
  run->table().EndDue();
  EXPECT_TRUE(run->keeper().Flush().ok());
  EXPECT_EQ(run->Reason("a"), "SESSION_NOT_FOUND");
  EXPECT_FALSE(store_.Has("t/default/sessions/a"));
}

TEST_F(SessionRestorerTest, AMemorySessionThatHadExpiredIsNotToldLostAfterALossOfPower) {
  {
    const auto run = Start();
    run->Create("a", Durability::kMemory);
    clock_.Advance(absl::Hours(2));
    run->table().EndDue();
    EXPECT_EQ(run->Reason("a"), "SESSION_EXPIRED");
  }
  store_.LosePower();
  EXPECT_EQ(Start()->Reason("a"), "SESSION_EXPIRED");
}

TEST_F(SessionRestorerTest, ADamagedRecordIsToldByNameAndTheOthersAreThere) {
  {
    const auto run = Start();
    for (const char* id : {"a", "b", "c"}) run->Create(id, Durability::kPeriodic);
  }
  store_.FlipBit("s/default/sessions/b", 1234);
  const auto run = Start();
  EXPECT_EQ(run->restored().damaged_count, 1);
  ASSERT_EQ(run->log().size(), 1u);
  EXPECT_THAT(run->log()[0], HasSubstr("s/default/sessions/b"));
  EXPECT_EQ(run->Reason("a"), "");
  EXPECT_EQ(run->Reason("b"), "SESSION_DAMAGED");
  EXPECT_EQ(run->Reason("c"), "");
  run->Create("b", Durability::kPeriodic);  // the name is free
  EXPECT_EQ(run->Reason("b"), "");
}

TEST_F(SessionRestorerTest, ADamagedTombstoneIsSetAside) {
  {
    const auto run = Start();
    run->Create("a", Durability::kPeriodic);
    ASSERT_TRUE(run->table().Delete(run->Owned("a")).ok());
  }
  store_.FlipBit("t/default/sessions/a", 300);
  const auto run = Start();
  EXPECT_EQ(run->log().size(), 1u);
  EXPECT_EQ(run->Reason("a"), "SESSION_NOT_FOUND");
}

TEST_F(SessionRestorerTest, ASoundTombstoneOfNobodyIsSetAsideWithTheReason) {
  const std::string key = "t/nobody";
  RecordBatch batch;
  batch.Put(key, SealRecord(key, WriteTombstone({SessionEnd::kDeleted, clock_.Now()})));
  ASSERT_TRUE(store_.Write(batch, /*sync=*/true).ok());
  const auto run = Start();
  ASSERT_EQ(run->log().size(), 1u);
  EXPECT_THAT(run->log()[0], HasSubstr("its key names nothing"));
  EXPECT_TRUE(run->keeper().Flush().ok());
  EXPECT_FALSE(store_.Has(key));
}

TEST_F(SessionRestorerTest, AStoreThatCannotBeReadIsAnError) {
  const auto run = Start();
  store_.Fail(FaultStore::Fault::kReadFails);
  ModelRegistry models{{}};
  SessionTable table({}, clock_, &run->keeper());
  const auto restored =
      RestoreSessions(store_, run->keeper(), models, clock_, /*ended_in_order=*/true, table);
  EXPECT_EQ(GetErrorReason(restored.status()), "STORE_FAILED");
}

}  // namespace
}  // namespace cellar
