#include "server/session/session_index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "server/base/error.h"
#include "server/session/session_errors.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/fault_store.h"

// Sessions that sleep and wake up, through SessionTable.
namespace cellar {
namespace {

constexpr absl::Duration kSleepAfter = absl::Minutes(10);
constexpr int64_t kMaxBytes = 50'000;

class SessionIndexTest : public testing::Test {
 protected:
  std::shared_ptr<Session> Create(const std::string& id,
                                  Durability durability = Durability::kPeriodic) {
    SessionConfig config = ConfigOf(id, absl::Hours(1));
    config.durability = durability;
    SessionProgress start = StartOf(config);
    auto created = table_.Create(std::move(config), std::move(start));
    EXPECT_TRUE(created.ok()) << created.status();
    EXPECT_TRUE(keeper_.Flush().ok());
    return created.ok() ? *std::move(created) : nullptr;
  }

  void Step(const std::string& id) {
    auto hold = table_.Hold(Owned(id));
    if (GetErrorReason(hold.status()) == "SESSION_BYTES_LIMIT") {
      // Whoever could make room is on the way to the store: the caller tries again.
      EXPECT_TRUE(keeper_.Flush().ok());
      hold = table_.Hold(Owned(id));
    }
    ASSERT_TRUE(hold.ok()) << hold.status();
    auto lease = hold->Lease();
    ASSERT_TRUE(lease->Commit(After(lease->progress(), {1, 2})).ok());
  }

  // Everybody who may goes to sleep.
  void Sleep(absl::Duration unused = kSleepAfter + absl::Seconds(1)) {
    clock_.Advance(unused);
    table_.SleepIdle();  // gives to the store what it does not have
    EXPECT_TRUE(keeper_.Flush().ok());
    table_.SleepIdle();
  }

  OwnedName Owned(const std::string& id) {
    name_ = "sessions/" + id;
    return {kDefaultTenant, name_};
  }

  FakeClock clock_;
  FaultStore store_;
  GroupWriter writer_{store_};
  std::vector<std::string> log_;
  SessionKeeper keeper_{
      store_, writer_, clock_, {}, [this](const std::string& line) { log_.push_back(line); }};
  SessionTable table_{{.max_bytes = kMaxBytes, .sleep_after = kSleepAfter}, clock_, &keeper_};
  std::string name_;
};

TEST_F(SessionIndexTest, AnIdleSessionLeavesMemoryAndComesBackAsItWas) {
  for (const auto durability :
       {Durability::kMemory, Durability::kPeriodic, Durability::kEveryStep}) {
    const std::string id = absl::StrCat("d", static_cast<int>(durability));
    Create(id, durability);
    Step(id);
    Step(id);
    const auto before = table_.Find(Owned(id)).value();
    const Session::View was = before->Look();
    Sleep();
    EXPECT_EQ(table_.awake_count(), 0);
    EXPECT_EQ(table_.session_count(), 1);
    const auto hold = table_.Hold(Owned(id));
    ASSERT_TRUE(hold.ok()) << hold.status();
    EXPECT_NE(hold->session(), before);
    EXPECT_EQ(table_.awake_count(), 1);
    const Session::View is = hold->session()->Look();
    EXPECT_EQ(is.state, was.state);
    EXPECT_EQ(is.next_step, was.next_step);
    EXPECT_EQ(is.oldest_step, was.oldest_step);
    EXPECT_EQ(is.update_time, was.update_time);
    ASSERT_TRUE(table_.Delete(Owned(id)).ok());
  }
}

TEST_F(SessionIndexTest, MemoryIsGivenBackWhileItSleeps) {
  Create("a");
  EXPECT_GT(table_.used_bytes(), 0);
  Sleep();
  EXPECT_EQ(table_.used_bytes(), 0);
}

TEST_F(SessionIndexTest, LookingDoesNotWakeAndTellsTheSameExpireTime) {
  Create("a");
  const absl::Time expire_time = table_.Find(Owned("a")).value()->Look().expire_time;
  Sleep();
  const auto shown = table_.Find(Owned("a")).value();
  EXPECT_EQ(shown->Look().expire_time, expire_time);
  EXPECT_EQ(table_.awake_count(), 0);
  EXPECT_EQ(SessionsAfter(table_, {kDefaultTenant, ""}, 10).size(), 1u);
  EXPECT_EQ(table_.awake_count(), 0);
  EXPECT_EQ(table_.used_bytes(), 0);
}

TEST_F(SessionIndexTest, AListReadsWhatSleepsOneByOneAndNoMoreThanIsWanted) {
  for (const char* id : {"a", "b", "c", "d"}) Create(id);
  Sleep();
  EXPECT_TRUE(table_.Hold(Owned("b")).ok());
  const int64_t reads = store_.read_count();
  std::vector<std::string> shown;
  std::weak_ptr<Session> last;
  table_.List({kDefaultTenant, ""}, 10, [&](const std::shared_ptr<Session>& session) {
    EXPECT_TRUE(last.expired()) << "is still held";
    shown.emplace_back(session->name());
    if (session->name() != "sessions/b") last = session;
    return shown.size() < 3;
  });
  EXPECT_THAT(shown, testing::ElementsAre("sessions/a", "sessions/b", "sessions/c"));
  EXPECT_EQ(store_.read_count(), reads + 2);
}

TEST_F(SessionIndexTest, WhatIsUsedStaysAwake) {
  Create("held");
  Create("streamed");
  Create("idle");
  const auto hold = table_.Hold(Owned("held"));
  const auto stream = std::make_shared<FakeStream>();
  ASSERT_TRUE(table_.Find(Owned("streamed")).value()->AttachStream(stream).ok());
  Sleep();
  EXPECT_EQ(table_.awake_count(), 2);
}

TEST_F(SessionIndexTest, ASleepingSessionExpiresWhenItsTimeHasCome) {
  Create("a");
  Create("b");
  Sleep();
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(GetErrorReason(table_.Hold(Owned("a")).status()), "SESSION_EXPIRED");
  table_.EndDue();
  EXPECT_EQ(table_.session_count(), 0);
  EXPECT_EQ(GetErrorReason(table_.Find(Owned("b")).status()), "SESSION_EXPIRED");
}

TEST_F(SessionIndexTest, ASleepingSessionCanBeDeletedAndItsNameUsedAgain) {
  Create("a");
  Sleep();
  EXPECT_EQ(GetErrorReason(table_.Create(ConfigOf("a"), StartOf(ConfigOf("a"))).status()),
            "SESSION_EXISTS");
  ASSERT_TRUE(table_.Delete(Owned("a")).ok());
  EXPECT_EQ(GetErrorReason(table_.Hold(Owned("a")).status()), "SESSION_DELETED");
  Create("a");
  EXPECT_TRUE(table_.Hold(Owned("a")).ok());
}

TEST_F(SessionIndexTest, TheLimitOfBytesIsOneOfWhatIsAwake) {
  for (int i = 0; i < 500; ++i) Create(absl::StrCat("s", i));
  EXPECT_EQ(table_.session_count(), 500);
  EXPECT_LT(table_.awake_count(), 100);
  EXPECT_LE(table_.used_bytes(), kMaxBytes);
  for (int i = 0; i < 500; ++i) {
    Step(absl::StrCat("s", i));
    EXPECT_TRUE(keeper_.Flush().ok());
    if (i % 20 == 0) Sleep(absl::Seconds(1));  // as the reaper does
  }
  for (int i = 0; i < 500; ++i) {
    EXPECT_EQ(table_.Find(Owned(absl::StrCat("s", i))).value()->Look().next_step, 2) << i;
  }
}

TEST_F(SessionIndexTest, ATenantWithoutRoomPutsItsOwnSessionsToSleep) {
  SessionTable table(
      {.max_bytes = kMaxBytes, .max_bytes_per_tenant = kMaxBytes / 4, .sleep_after = kSleepAfter},
      clock_, &keeper_);
  const auto create = [&](const std::string& tenant, int number) {
    SessionConfig config = ConfigOf(absl::StrCat("s", number), absl::Hours(1));
    config.tenant = tenant;
    config.durability = Durability::kPeriodic;
    SessionProgress start = StartOf(config);
    auto created = table.Create(std::move(config), std::move(start));
    EXPECT_TRUE(keeper_.Flush().ok());
    return created;
  };
  std::vector<std::shared_ptr<Session>> yours;
  for (int i = 0; i < 5; ++i) yours.push_back(create("you", i).value());
  const int64_t your_bytes = table.used_bytes();

  for (int i = 0; i < 100; ++i) EXPECT_TRUE(create("me", i).ok()) << i;
  EXPECT_EQ(table.session_count(), 105);
  EXPECT_LE(table.used_bytes(), your_bytes + kMaxBytes / 4);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(table.Find({"you", absl::StrCat("sessions/s", i)}).value(), yours[i]) << "is awake";
  }
  for (int i = 0; i < 100; ++i) {
    EXPECT_TRUE(table.Hold({"me", absl::StrCat("sessions/s", i)}).ok()) << i;
  }
}

TEST_F(SessionIndexTest, WithoutASoundStoreNobodySleepsAndTheLimitIsTold) {
  store_.Fail(FaultStore::Fault::kWriteFails);
  absl::Status status;
  for (int i = 0; i < 500 && status.ok(); ++i) {
    const SessionConfig config = ConfigOf(absl::StrCat("s", i));
    status = table_.Create(config, StartOf(config)).status();
  }
  EXPECT_EQ(GetErrorReason(status), "SESSION_BYTES_LIMIT");
  EXPECT_EQ(table_.session_count(), table_.awake_count());
}

TEST_F(SessionIndexTest, DamageInItsSleepEndsASessionAndNoOther) {
  Create("a");
  Create("b");
  Sleep();
  store_.FlipBit("s/default/sessions/a", 999);
  EXPECT_EQ(GetErrorReason(table_.Hold(Owned("a")).status()), "SESSION_DAMAGED");
  EXPECT_EQ(GetErrorReason(table_.Find(Owned("a")).status()), "SESSION_DAMAGED");
  EXPECT_TRUE(table_.Hold(Owned("b")).ok());
  EXPECT_EQ(log_.size(), 1u);
}

TEST_F(SessionIndexTest, AStoreThatCannotBeReadForAMomentEndsNothing) {
  Create("a");
  Sleep();
  store_.Fail(FaultStore::Fault::kReadFails);
  EXPECT_EQ(GetErrorReason(table_.Hold(Owned("a")).status()), "STORE_FAILED");
  store_.Fail(FaultStore::Fault::kNone);
  EXPECT_TRUE(table_.Hold(Owned("a")).ok());
}

TEST_F(SessionIndexTest, WhoeverFoundItBeforeItSleptLooksItUpAgain) {
  const auto before = Create("a");
  Sleep();
  EXPECT_TRUE(IsSessionAsleep(table_.HoldAwake(before).status()));
  EXPECT_TRUE(table_.Hold(Owned("a")).ok());
  EXPECT_TRUE(IsSessionAsleep(table_.HoldAwake(before).status())) << "is another object by now";
}

TEST_F(SessionIndexTest, TwoWhoTouchASleeperAtOnceHoldTheSameSession) {
  Create("a");
  Step("a");
  const int64_t bytes = table_.used_bytes();
  Sleep();
  absl::StatusOr<SessionHold> quicker = absl::InternalError("nobody came");
  store_.DuringNextGet([&] { quicker = table_.Hold(Owned("a")); });
  const auto hold = table_.Hold({kDefaultTenant, "sessions/a"});
  ASSERT_TRUE(hold.ok()) << hold.status();
  ASSERT_TRUE(quicker.ok()) << quicker.status();
  EXPECT_EQ(hold->session(), quicker->session());
  EXPECT_EQ(hold->session()->Look().next_step, 2);
  EXPECT_EQ(table_.awake_count(), 1);
  EXPECT_EQ(table_.used_bytes(), bytes);
}

TEST_F(SessionIndexTest, ASleeperThatWasWokenSteppedAndPutToSleepMeanwhileIsReadAgain) {
  Create("a");
  Sleep();
  store_.DuringNextGet([&] {
    Step("a");
    Sleep();
  });
  const auto hold = table_.Hold({kDefaultTenant, "sessions/a"});
  ASSERT_TRUE(hold.ok()) << hold.status();
  EXPECT_EQ(hold->session()->Look().next_step, 2);
}

TEST_F(SessionIndexTest, ASleeperWhoseTimeComesWhileItIsReadHasExpired) {
  for (const bool is_found : {false, true}) {
    const std::string id = is_found ? "found" : "unseen";
    Create(id);
    Sleep();
    const absl::Time expire_time = table_.Find(Owned(id)).value()->Look().expire_time;
    store_.DuringNextGet([&] {
      clock_.Advance(absl::Hours(2));
      if (is_found) table_.EndDue();
    });
    const absl::Status gone = table_.Hold(Owned(id)).status();
    EXPECT_EQ(GetErrorReason(gone), "SESSION_EXPIRED");
    const std::string expected =
        absl::FormatTime("%Y-%m-%d%ET%H:%M:%E*SZ", expire_time, absl::UTCTimeZone());
    EXPECT_THAT(GetErrorDetail(gone)->metadata,
                testing::Contains(testing::Pair("expire_time", expected)));
    EXPECT_EQ(table_.session_count(), 0);
    EXPECT_EQ(table_.used_bytes(), 0);
  }
}

TEST_F(SessionIndexTest, ASleeperThatIsDeletedWhileItIsReadIsGoneAndItsSuccessorIsSpared) {
  Create("a");
  Sleep();
  store_.DuringNextGet([&] { ASSERT_TRUE(table_.Delete(Owned("a")).ok()); });
  EXPECT_EQ(GetErrorReason(table_.Hold({kDefaultTenant, "sessions/a"}).status()),
            "SESSION_DELETED");

  Create("b");
  Step("b");
  Sleep();
  std::shared_ptr<Session> successor;
  store_.DuringNextGet([&] {
    ASSERT_TRUE(table_.Delete(Owned("b")).ok());
    successor = Create("b");
  });
  const auto hold = table_.Hold({kDefaultTenant, "sessions/b"});
  ASSERT_TRUE(hold.ok()) << hold.status();
  EXPECT_EQ(hold->session(), successor);
  EXPECT_EQ(successor->Look().next_step, 0);
}

TEST_F(SessionIndexTest, WhatSleepsIsNotReadForAnotherTenant) {
  Create("a");
  Sleep();
  const int64_t reads = store_.read_count();
  const OwnedName foreign = {"stranger", "sessions/a"};
  EXPECT_EQ(GetErrorReason(table_.Hold(foreign).status()), "SESSION_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(table_.Find(foreign).status()), "SESSION_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(table_.Delete(foreign)), "SESSION_NOT_FOUND");
  EXPECT_EQ(store_.read_count(), reads) << "time spent would tell that it is there";
}

TEST_F(SessionIndexTest, AModelInUseBySleepersIsPinned) {
  Create("a");
  const int64_t pins = HomeworkPin()->pin_count();
  Sleep();
  EXPECT_EQ(HomeworkPin()->pin_count(), pins);
}

}  // namespace
}  // namespace cellar
