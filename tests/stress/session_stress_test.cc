// Many threads on one table at once; meant for ThreadSanitizer. Who wins is open, but what must be
// true whoever wins is checked on the way and at the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "server/session/session_reaper.h"
#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

constexpr int kCallerCount = 8;
constexpr int kTurnsPerThread = 5000;

class Crowd {
 public:
  // One thread's work. Errors that nobody could avoid are fine, broken promises are not.
  void Work(uint64_t seed) {
    std::mt19937_64 random(seed);
    for (int turn = 0; turn < kTurnsPerThread; ++turn) {
      const std::string name = "sessions/" + std::string(1, static_cast<char>('a' + random() % 4));
      switch (random() % 8) {
        case 0:
          Create(name, random() % 2 == 0 ? absl::Seconds(5) : absl::Hours(100));
          break;
        case 1:
          if (random() % 2 == 0) Check(table_.Delete({kDefaultTenant, name}));
          break;
        case 2:
          List();
          break;
        case 3:
          Attach(name);
          break;
        case 4:
          clock_.Advance(absl::Milliseconds(20));
          break;
        case 5:
          table_.EndDue();
          break;
        default:
          Step(name);
      }
    }
  }

  void CheckAtTheEnd() {
    EXPECT_EQ(broken_promise_count_, 0);
    EXPECT_GT(commit_count_, 0);
    int64_t bytes = 0;
    for (const auto& session : SessionsAfter(table_, {kDefaultTenant, ""}, 1000)) {
      const SessionHold hold = table_.Hold({kDefaultTenant, session->config().name}).value();
      bytes += SessionBytes(session->config(), LastProgress(session->config().name));
    }
    EXPECT_EQ(table_.used_bytes(), bytes);
    clock_.Advance(absl::Hours(200));
    table_.EndDue();
    EXPECT_EQ(table_.session_count(), 0);
    EXPECT_EQ(table_.used_bytes(), 0);
    for (const auto& stream : streams_) {
      EXPECT_THAT(stream->reasons(),
                  testing::ElementsAre(
                      testing::AnyOf("SESSION_TAKEN_OVER", "SESSION_EXPIRED", "SESSION_DELETED")));
    }
  }

  SessionTable& table() { return table_; }
  FakeClock& clock() { return clock_; }

 private:
  SessionProgress LastProgress(const std::string& name) {
    SessionHold hold = table_.Hold({kDefaultTenant, name}).value();
    return hold.Lease().value().progress();
  }

  void Check(const absl::Status& status) {
    static const std::set<std::string> allowed = {"",
                                                  "SESSION_NOT_FOUND",
                                                  "SESSION_EXPIRED",
                                                  "SESSION_DELETED",
                                                  "SESSION_EXISTS",
                                                  "SESSION_LIMIT",
                                                  "SESSION_BYTES_LIMIT"};
    if (allowed.count(GetErrorReason(status)) == 0) ++broken_promise_count_;
  }

  void Create(const std::string& name, absl::Duration ttl) {
    SessionConfig config = ConfigOf("a", ttl);
    config.name = name;
    Check(table_.Create(config, StartOf(config)).status());
  }

  // Takes a turn if nobody else has it: here the test is the engine that gives turns.
  void Step(const std::string& name) {
    auto hold = table_.Hold({kDefaultTenant, name});
    Check(hold.status());
    if (!hold.ok()) return;
    auto lease = hold->Lease();
    if (!lease.ok()) return;
    const int64_t first_step = lease->progress().next_step;
    const absl::Status status = lease->Commit(After(lease->progress(), {1, 2}));
    Check(status);
    if (lease->progress().next_step != first_step + (status.ok() ? 2 : 0)) ++broken_promise_count_;
    if (status.ok()) ++commit_count_;
  }

  void List() {
    std::string previous;
    for (const auto& session : SessionsAfter(table_, {kDefaultTenant, ""}, 3)) {
      if (session->config().name <= previous) ++broken_promise_count_;
      previous = session->config().name;
      const Session::View view = session->Look();
      if (view.oldest_step > view.next_step || view.state == nullptr) ++broken_promise_count_;
    }
  }

  void Attach(const std::string& name) {
    const auto session = table_.Find({kDefaultTenant, name});
    Check(session.status());
    if (!session.ok()) return;
    auto stream = std::make_shared<FakeStream>();
    const absl::Status status = (*session)->AttachStream(stream);
    Check(status);
    if (!status.ok()) return;
    absl::MutexLock lock(&mutex_);
    streams_.push_back(std::move(stream));
  }

  FakeClock clock_;
  SessionTable table_{
      {.max_sessions = 3, .max_bytes = 10'000, .tombstone_retention = absl::Seconds(10)}, clock_};
  std::atomic<int64_t> broken_promise_count_ = 0;
  std::atomic<int64_t> commit_count_ = 0;
  absl::Mutex mutex_;
  std::vector<std::shared_ptr<FakeStream>> streams_;  // read without the lock at the end only
};

TEST(SessionStress, ManyThreadsOnOneTableKeepAllPromises) {
  const uint64_t seed = 4711;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Crowd crowd;
  {
    SessionReaper reaper(crowd.table(), crowd.clock());
    reaper.Start();
    std::vector<std::thread> threads;
    threads.reserve(kCallerCount);
    for (int i = 0; i < kCallerCount; ++i) {
      threads.emplace_back([&crowd, i] { crowd.Work(seed + i); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  crowd.CheckAtTheEnd();
}

}  // namespace
}  // namespace cellar
