// Races, one thread: the table reads the time between looking a name up and acting on what it
// found, and a clock that lets others act at that moment makes the race happen every time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fault_store.h"

namespace cellar {
namespace {

constexpr char kRacedName[] = "sessions/a";

class InterruptingClock : public Clock {
 public:
  absl::Time Now() override {
    if (const auto others = std::exchange(others_, nullptr)) others();
    return now_;
  }

  void Advance(absl::Duration duration) { now_ += duration; }

  // When the time is read next, `others` act first.
  void InterruptOnce(std::function<void()> others) { others_ = std::move(others); }

 private:
  absl::Time now_ = absl::FromUnixSeconds(1'000'000);
  std::function<void()> others_;
};

class SessionTableRaceTest : public testing::Test {
 protected:
  SessionTableRaceTest() { first_ = Create().value(); }

  absl::StatusOr<std::shared_ptr<Session>> Create() {
    const SessionConfig config = ConfigOf("a");
    return table_.Create(config, StartOf(config));
  }

  void DeleteAndCreateAnew() {
    ASSERT_TRUE(table_.Delete({kDefaultTenant, kRacedName}).ok());
    successor_ = Create().value();
  }

  void ExpectSuccessorUntouched() {
    EXPECT_EQ(table_.Find({kDefaultTenant, kRacedName}).value(), successor_);
    EXPECT_THAT(SessionsAfter(table_, {kDefaultTenant, ""}, 10), testing::ElementsAre(successor_));
    EXPECT_TRUE(table_.Hold({kDefaultTenant, kRacedName}).ok());
  }

  InterruptingClock clock_;
  SessionTable table_{{}, clock_};
  std::shared_ptr<Session> first_;
  std::shared_ptr<Session> successor_;
};

TEST_F(SessionTableRaceTest, FindThatLosesToADeletionTellsSoAndSparesTheSuccessor) {
  clock_.InterruptOnce([this] { DeleteAndCreateAnew(); });

  EXPECT_EQ(GetErrorReason(table_.Find({kDefaultTenant, kRacedName}).status()), "SESSION_DELETED");
  ExpectSuccessorUntouched();
}

TEST_F(SessionTableRaceTest, HoldThatLosesToADeletionIsRefused) {
  clock_.InterruptOnce([this] { DeleteAndCreateAnew(); });

  EXPECT_EQ(GetErrorReason(table_.Hold({kDefaultTenant, kRacedName}).status()), "SESSION_DELETED");
  ExpectSuccessorUntouched();
}

TEST_F(SessionTableRaceTest, SecondOfTwoDeletionsFailsAndSparesTheSuccessor) {
  clock_.InterruptOnce([this] { DeleteAndCreateAnew(); });

  EXPECT_EQ(GetErrorReason(table_.Delete({kDefaultTenant, kRacedName})), "SESSION_DELETED");
  ExpectSuccessorUntouched();
}

TEST_F(SessionTableRaceTest, SecondOfTwoCreationsAfterAnExpiryFails) {
  clock_.Advance(absl::Minutes(1));
  clock_.InterruptOnce([this] { successor_ = Create().value(); });

  EXPECT_EQ(GetErrorReason(Create().status()), "SESSION_EXISTS");
  ExpectSuccessorUntouched();
}

TEST_F(SessionTableRaceTest, HoldThatWinsKeepsTheSessionFromExpiring) {
  clock_.Advance(absl::Seconds(59));
  const SessionHold hold = table_.Hold({kDefaultTenant, kRacedName}).value();
  clock_.InterruptOnce([this] { clock_.Advance(absl::Seconds(1)); });

  table_.EndDue();
  EXPECT_EQ(table_.Find({kDefaultTenant, kRacedName}).value(), first_);
}

// One session that somebody finds awake and that is asleep when they act on it.
class FallingAsleepRaceTest : public testing::Test {
 protected:
  FallingAsleepRaceTest() {
    EXPECT_TRUE(Create().ok());
    EXPECT_TRUE(keeper_.Flush().ok());
    clock_.Advance(absl::Minutes(11));
  }

  absl::StatusOr<std::shared_ptr<Session>> Create() {
    const SessionConfig config = ConfigOf("a", absl::Hours(1));
    return table_.Create(config, StartOf(config));
  }

  void FallAsleep() {
    table_.SleepIdle();
    ASSERT_EQ(table_.awake_count(), 0);
  }

  void FallAsleepAndExpire() {
    FallAsleep();
    clock_.Advance(absl::Hours(1));
  }

  InterruptingClock clock_;
  FaultStore store_;
  GroupWriter writer_{store_};
  SessionKeeper keeper_{store_, writer_, clock_, {}, [](const std::string&) {}};
  SessionTable table_{{.sleep_after = absl::Minutes(10)}, clock_, &keeper_};
};

TEST_F(FallingAsleepRaceTest, DeletionEndsTheSleeper) {
  clock_.InterruptOnce([this] { FallAsleep(); });

  ASSERT_TRUE(table_.Delete({kDefaultTenant, kRacedName}).ok());
  EXPECT_EQ(table_.session_count(), 0);
  EXPECT_EQ(GetErrorReason(table_.Find({kDefaultTenant, kRacedName}).status()), "SESSION_DELETED");
}

TEST_F(FallingAsleepRaceTest, DeletionOfWhatExpiresInItsSleepTellsSoAndEndsIt) {
  clock_.InterruptOnce([this] { FallAsleep(); });
  clock_.Advance(absl::Minutes(49));  // now it has expired, and nobody has looked

  EXPECT_EQ(GetErrorReason(table_.Delete({kDefaultTenant, kRacedName})), "SESSION_EXPIRED");
  EXPECT_EQ(table_.session_count(), 0);
}

TEST_F(FallingAsleepRaceTest, CreationFindsTheNameFreeIfTheSleeperExpires) {
  clock_.InterruptOnce([this] { FallAsleepAndExpire(); });

  EXPECT_TRUE(Create().ok());
  EXPECT_EQ(table_.session_count(), 1);
}

TEST_F(FallingAsleepRaceTest, FindEndsTheSleeperIfItExpires) {
  clock_.InterruptOnce([this] { FallAsleepAndExpire(); });

  EXPECT_EQ(GetErrorReason(table_.Find({kDefaultTenant, kRacedName}).status()), "SESSION_EXPIRED");
  EXPECT_EQ(table_.session_count(), 0);
}

TEST_F(FallingAsleepRaceTest, HoldWakesTheSleeper) {
  clock_.InterruptOnce([this] { FallAsleep(); });

  const auto hold = table_.Hold({kDefaultTenant, kRacedName});
  ASSERT_TRUE(hold.ok()) << hold.status();
  EXPECT_EQ(hold->session(), table_.Find({kDefaultTenant, kRacedName}).value());
}

// Both have found the same damage when the second acts on it; by then the first has buried it, and
// its name has been used again.
TEST_F(FallingAsleepRaceTest, TheSecondWhoFindsDamageSparesTheSuccessor) {
  FallAsleep();
  const std::string key = absl::StrCat("s/default/", kRacedName);
  store_.FlipBit(key, 999);
  std::shared_ptr<Session> successor;
  store_.DuringNextGet([&] {
    clock_.InterruptOnce([&] {
      EXPECT_EQ(GetErrorReason(table_.Hold({kDefaultTenant, kRacedName}).status()),
                "SESSION_DAMAGED");
      successor = Create().value();
      EXPECT_TRUE(keeper_.Flush().ok());
    });
  });

  const auto hold = table_.Hold({kDefaultTenant, kRacedName});
  ASSERT_TRUE(hold.ok()) << hold.status();
  EXPECT_EQ(hold->session(), successor);
  EXPECT_TRUE(keeper_.Flush().ok());
  EXPECT_TRUE(store_.Has(key));
  EXPECT_TRUE(keeper_.Load({kDefaultTenant, kRacedName}, HomeworkPin()).ok());
}

}  // namespace
}  // namespace cellar
