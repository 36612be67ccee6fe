#include "server/session/session_reaper.h"

#include <gtest/gtest.h>

#include "absl/synchronization/notification.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

class SessionReaperTest : public testing::Test {
 protected:
  void Create(const std::string& id, absl::Duration ttl) {
    const SessionConfig config = ConfigOf(id, ttl);
    ASSERT_TRUE(table_.Create(config, StartOf(config)).ok());
  }

  FakeClock clock_;
  SessionTable table_{{}, clock_};
};

TEST_F(SessionReaperTest, EndsWhatIsDueAndNothingElse) {
  SessionReaper reaper(table_, clock_);
  Create("a", absl::Seconds(10));
  Create("b", absl::Seconds(20));
  clock_.Advance(absl::Seconds(10));

  reaper.RunOnce();

  EXPECT_EQ(table_.session_count(), 1);
  EXPECT_TRUE(table_.Find({kDefaultTenant, "sessions/b"}).ok());
}

TEST_F(SessionReaperTest, WaitsUntilTheNextIsDue) {
  SessionReaper reaper(table_, clock_);
  Create("a", absl::Milliseconds(1700));
  clock_.Advance(absl::Milliseconds(1400));

  EXPECT_EQ(reaper.RunOnce(), absl::Milliseconds(300));
}

TEST_F(SessionReaperTest, NeverWaitsLongAndNeverSpins) {
  SessionReaper reaper(table_, clock_);
  EXPECT_EQ(reaper.RunOnce(), SessionReaper::kLongestWait) << "nothing is known to be due";

  Create("a", absl::Hours(1));
  EXPECT_EQ(reaper.RunOnce(), SessionReaper::kLongestWait);
  Create("b", absl::Nanoseconds(1));
  EXPECT_EQ(reaper.RunOnce(), SessionReaper::kShortestWait);
}

class NotifyingStream : public StreamListener {
 public:
  void EndStream(absl::Status) override { told_.Notify(); }
  void Wait() { told_.WaitForNotification(); }

 private:
  absl::Notification told_;
};

// The only test with the thread: it waits for a fact, not for a time.
TEST_F(SessionReaperTest, ThreadEndsSessionsUntilItIsStopped) {
  Create("a", absl::Seconds(10));
  const auto stream = std::make_shared<NotifyingStream>();
  ASSERT_TRUE(table_.Find({kDefaultTenant, "sessions/a"}).value()->AttachStream(stream).ok());
  {
    SessionReaper reaper(table_, clock_);
    reaper.Start();
    clock_.Advance(absl::Seconds(10));
    stream->Wait();
  }
  EXPECT_EQ(table_.session_count(), 0);
}

TEST_F(SessionReaperTest, StopsWithoutHavingBeenStarted) { SessionReaper reaper(table_, clock_); }

}  // namespace
}  // namespace cellar
