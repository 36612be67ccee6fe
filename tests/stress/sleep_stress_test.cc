// Sessions that are stepped, looked at and deleted by many threads while others put them to sleep,
// write them and end them: each owner finds its sessions as it left them.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "server/base/clock.h"
#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fault_store.h"

namespace cellar {
namespace {

constexpr int kOwners = 4;
constexpr int kNamesEach = 12;
constexpr int kRounds = 1500;
constexpr int kShared = 3;

class SleepStressTest : public testing::Test {
 protected:
  // Takes turns at what happens to the sessions of one owner.
  void Own(int owner) {
    std::mt19937_64 random(owner);
    std::vector<int64_t> next_steps(kNamesEach, -1);  // -1: not there
    for (int round = 0; round < kRounds; ++round) {
      const int which = static_cast<int>(random() % kNamesEach);
      const std::string id = absl::StrCat("o", owner, "-", which);
      int64_t& next_step = next_steps[which];
      if (next_step < 0) {
        if (Create(id, which % 3)) next_step = 0;
      } else if (random() % 40 == 0) {
        ASSERT_TRUE(table_.Delete({kDefaultTenant, "sessions/" + id}).ok());
        next_step = -1;
      } else if (random() % 4 == 0) {
        const auto session = table_.Find({kDefaultTenant, "sessions/" + id});
        ASSERT_TRUE(session.ok()) << session.status();
        ASSERT_EQ((*session)->Look().next_step, next_step) << id;
      } else {
        Step(id, next_step);
      }
    }
  }

  bool Create(const std::string& id, int durability) {
    SessionConfig config = ConfigOf(id, absl::Hours(1));
    config.durability = static_cast<Durability>(durability);
    SessionProgress start = StartOf(config);
    const auto created = table_.Create(std::move(config), std::move(start));
    EXPECT_TRUE(created.ok() || absl::IsResourceExhausted(created.status())) << created.status();
    return created.ok();
  }

  void Step(const std::string& id, int64_t& next_step) {
    std::shared_ptr<Session> session;
    {
      auto hold = table_.Hold({kDefaultTenant, "sessions/" + id});
      if (absl::IsResourceExhausted(hold.status())) return;  // the others have to be written first
      ASSERT_TRUE(hold.ok()) << hold.status();
      session = hold->session();
      auto lease = hold->Lease();
      ASSERT_TRUE(lease.ok()) << lease.status();
      ASSERT_EQ(lease->progress().next_step, next_step) << id;
      if (!lease->Commit(After(lease->progress(), {1})).ok()) return;  // no room to grow
      ++next_step;
    }
    absl::Notification settled;
    keeper_.Settle(session, absl::OkStatus(), [&settled](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      settled.Notify();
    });
    settled.WaitForNotification();
  }

  // Takes turns at stepping sessions that others step too, wherever they are, until some have
  // slept; how many were made.
  int64_t Share(uint64_t seed) {
    std::mt19937_64 random(seed);
    int64_t made_count = 0;
    for (int round = 0; round < kRounds || store_.read_count() == 0; ++round) {
      const std::string name = absl::StrCat("sessions/shared", random() % kShared);
      auto hold = table_.Hold({kDefaultTenant, name});
      if (absl::IsResourceExhausted(hold.status())) continue;  // others have to be written first
      EXPECT_TRUE(hold.ok()) << hold.status();
      absl::MutexLock turn(&turns_[name.back() - '0']);  // here the test is the engine
      auto lease = hold->Lease();
      EXPECT_TRUE(lease.ok()) << lease.status();
      if (lease->Commit(After(lease->progress(), {1})).ok()) ++made_count;
    }
    return made_count;
  }

  void Housekeep() {
    while (!done_.load()) {
      table_.EndDue();
      table_.SleepIdle();
      keeper_.Checkpoint();
      SessionsAfter(table_, {kDefaultTenant, ""}, 10);
    }
  }

  FaultStore store_;
  GroupWriter writer_{store_};
  SessionKeeper keeper_{store_,
                        writer_,
                        SystemClock(),
                        {.checkpoint_steps = 3, .checkpoint_interval = absl::Milliseconds(1)},
                        [](const std::string& line) { ADD_FAILURE() << line; }};
  SessionTable table_{
      {.max_bytes = 30'000, .sleep_after = absl::Microseconds(50)}, SystemClock(), &keeper_};
  std::atomic<bool> done_{false};
  std::array<absl::Mutex, kShared> turns_;
};

TEST_F(SleepStressTest, EachOwnerFindsItsSessionsAsItLeftThem) {
  std::thread housekeeper([this] { Housekeep(); });
  std::vector<std::thread> owners;
  for (int owner = 0; owner < kOwners; ++owner) {
    owners.emplace_back([this, owner] { Own(owner); });
  }
  for (std::thread& owner : owners) owner.join();
  done_.store(true);
  housekeeper.join();
  EXPECT_TRUE(keeper_.Flush().ok());
}

TEST_F(SleepStressTest, WhoeverTouchesASleeperAtOnceStepsTheSameSession) {
  for (int k = 0; k < kShared; ++k) ASSERT_TRUE(Create(absl::StrCat("shared", k), k));
  std::thread housekeeper([this] { Housekeep(); });
  std::vector<std::thread> sharers;
  std::atomic<int64_t> made_count{0};
  for (int k = 0; k < kOwners; ++k) {
    sharers.emplace_back([this, &made_count, k] { made_count += Share(k); });
  }
  for (std::thread& sharer : sharers) sharer.join();
  done_.store(true);
  housekeeper.join();
  ASSERT_TRUE(keeper_.Flush().ok());
  int64_t step_count = 0;
  for (int k = 0; k < kShared; ++k) {
    const std::string name = absl::StrCat("sessions/shared", k);
    step_count += table_.Find({kDefaultTenant, name}).value()->Look().next_step;
  }
  EXPECT_EQ(step_count, made_count.load());
  EXPECT_GT(step_count, 0);
  EXPECT_GT(store_.read_count(), 0) << "nobody slept";
}

}  // namespace
}  // namespace cellar
