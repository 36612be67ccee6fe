// Thousands of random operations on a table, next to a simple model of what must happen: every
// answer, the count, the bytes and what streams are told have to agree after every operation.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

constexpr int64_t kMaxSessions = 5;
constexpr int64_t kMaxTombstones = 4;
constexpr absl::Duration kRetention = absl::Seconds(60);

// What must be true of one session.
struct Expected {
  SessionConfig config;
  SessionProgress progress;
  absl::Time unused_since;
  int64_t bytes = 0;
  int64_t hold_count = 0;
  bool leased = false;
  std::optional<SessionEnd> end = {};
  bool in_table = true;
  std::shared_ptr<FakeStream> stream = {};   // attached now
  std::vector<std::string> last_words = {};  // what `stream` has been told

  bool IsDue(absl::Time now) const {
    return !end.has_value() && hold_count == 0 && unused_since + config.ttl <= now;
  }
};

// What a caller holds: the lease goes before the hold.
struct Work {
  std::shared_ptr<Expected> expected;
  std::unique_ptr<SessionHold> hold;
  std::unique_ptr<SessionLease> lease;
};

class Play {
 public:
  explicit Play(uint64_t seed)
      : random_(seed), max_bytes_(Bytes(kMaxSessions * 2)), table_(Limits(), clock_) {}

  void Turn() {
    switch (Draw(14)) {
      case 0:
      case 1:
        return Create(AnyName());
      case 2:
        return Find(AnyName());
      case 3:
      case 4:
        return Hold(AnyName());
      case 5:
        return Lease();
      case 6:
      case 7:
        return Commit();
      case 8:
        return ReleaseLease();
      case 9:
        return ReleaseHold();
      case 10:
        return clock_.Advance(absl::Seconds(Draw(6)));
      case 11:
        return Draw(3) == 0 ? Delete(AnyName()) : EndDue();
      case 12:
        return List();
      case 13:
        return Attach(AnyName());
    }
  }

  void CheckTotals() {
    int64_t session_count = 0;
    int64_t used_bytes = 0;
    for (const auto& expected : all_) {
      if (expected->in_table) ++session_count;
      if (expected->in_table || expected->hold_count > 0) used_bytes += expected->bytes;
      if (expected->stream != nullptr) {
        ASSERT_EQ(expected->stream->reasons(), expected->last_words) << expected->config.name;
      }
    }
    ASSERT_EQ(table_.session_count(), session_count);
    ASSERT_EQ(table_.used_bytes(), used_bytes);
    ForgetTheGone();
  }

  int64_t refused_by_bytes() const { return refused_by_bytes_; }

 private:
  SessionTable::Limits Limits() const {
    return {.max_sessions = kMaxSessions,
            .max_bytes = max_bytes_,
            .tombstone_retention = kRetention,
            .max_tombstones = kMaxTombstones};
  }

  static int64_t Bytes(int64_t request_count) {
    const SessionConfig config = ConfigOf("a");
    SessionProgress progress = StartOf(config);
    for (int64_t i = 0; i < request_count; ++i) progress = After(std::move(progress), {1});
    return 3 * SessionBytes(config, progress);
  }

  int64_t Draw(uint64_t count) { return static_cast<int64_t>(random_() % count); }
  std::string AnyName() { return std::string("sessions/") + static_cast<char>('a' + Draw(8)); }
  absl::Time Now() { return clock_.Now(); }

  std::shared_ptr<Expected> InTable(const std::string& name) {
    for (const auto& expected : all_) {
      if (expected->in_table && expected->config.name == name) return expected;
    }
    return nullptr;
  }

  int64_t UsedBytes() const {
    int64_t bytes = 0;
    for (const auto& expected : all_) {
      if (expected->in_table || expected->hold_count > 0) bytes += expected->bytes;
    }
    return bytes;
  }

  // The session ends and leaves the table; its tombstone may push out the oldest.
  void Bury(Expected& expected, SessionEnd end, absl::Time when) {
    expected.end = end;
    expected.in_table = false;
    tombstones_[expected.config.name] = {when, end};
    if (expected.stream != nullptr) expected.last_words.push_back(ReasonOf(end));
    if (tombstones_.size() <= kMaxTombstones) return;
    const auto older = [](const auto& a, const auto& b) {
      return std::pair(a.second.first, a.first) < std::pair(b.second.first, b.first);
    };
    tombstones_.erase(std::min_element(tombstones_.begin(), tombstones_.end(), older));
  }

  void BuryAllDue() {
    std::vector<std::shared_ptr<Expected>> due;
    for (const auto& expected : all_) {
      if (expected->in_table && expected->IsDue(Now())) due.push_back(expected);
    }
    for (const auto& expected : due) {
      Bury(*expected, SessionEnd::kExpired, expected->unused_since + expected->config.ttl);
    }
    std::erase_if(tombstones_,
                  [&](const auto& entry) { return entry.second.first + kRetention <= Now(); });
  }

  static std::string ReasonOf(SessionEnd end) {
    return end == SessionEnd::kExpired ? "SESSION_EXPIRED" : "SESSION_DELETED";
  }

  // The session a look-up must give; or nothing, and `reason` why. What has expired is buried.
  std::shared_ptr<Expected> LookUp(const std::string& name, std::string& reason) {
    std::shared_ptr<Expected> expected = InTable(name);
    reason.clear();
    if (expected != nullptr && expected->IsDue(Now())) {
      Bury(*expected, SessionEnd::kExpired, expected->unused_since + expected->config.ttl);
      reason = "SESSION_EXPIRED";
      return nullptr;
    }
    if (expected != nullptr) return expected;
    const auto tombstone = tombstones_.find(name);
    const bool known =
        tombstone != tombstones_.end() && tombstone->second.first + kRetention > Now();
    reason = known ? ReasonOf(tombstone->second.second) : "SESSION_NOT_FOUND";
    return nullptr;
  }

  // Checks that what the session shows is what is expected.
  void ExpectLooksLike(const Expected& expected, const Session& session) {
    const Session::View view = session.Look();
    EXPECT_EQ(view.state, expected.progress.state);
    EXPECT_EQ(view.next_step, expected.progress.next_step);
    EXPECT_EQ(view.oldest_step, expected.progress.window.OldestStep(view.next_step));
    const absl::Time unused_since = expected.hold_count > 0 ? Now() : expected.unused_since;
    EXPECT_EQ(view.expire_time, unused_since + expected.config.ttl);
  }

  void Create(const std::string& name) {
    SessionConfig config = ConfigOf("a", absl::Seconds(1 + Draw(20)));
    config.name = name;
    SessionProgress progress = StartOf(config);
    for (int64_t i = Draw(3); i > 0; --i) progress = After(std::move(progress), {1, 2});
    const int64_t bytes = SessionBytes(config, progress);
    const std::string refusal = WhyNotCreate(name, bytes);
    ASSERT_EQ(GetErrorReason(table_.Create(config, progress).status()), refusal) << name;
    if (!refusal.empty()) return;
    tombstones_.erase(name);
    all_.push_back(std::make_shared<Expected>(
        Expected{.config = config, .progress = progress, .unused_since = Now(), .bytes = bytes}));
  }

  std::string WhyNotCreate(const std::string& name, int64_t bytes) {
    std::string reason;
    if (LookUp(name, reason) != nullptr) return "SESSION_EXISTS";
    const std::string refusal = WhyNoRoom(bytes);
    if (refusal.empty()) return "";
    BuryAllDue();
    return WhyNoRoom(bytes);
  }

  std::string WhyNoRoom(int64_t bytes) {
    const auto in_table = [](const auto& expected) { return expected->in_table; };
    if (std::count_if(all_.begin(), all_.end(), in_table) >= kMaxSessions) return "SESSION_LIMIT";
    if (UsedBytes() + bytes <= max_bytes_) return "";
    ++refused_by_bytes_;
    return "SESSION_BYTES_LIMIT";
  }

  void Find(const std::string& name) {
    std::string reason;
    const auto expected = LookUp(name, reason);
    const auto found = table_.Find({kDefaultTenant, name});
    ASSERT_EQ(GetErrorReason(found.status()), reason) << name;
    if (expected != nullptr) ExpectLooksLike(*expected, **found);
  }

  void Hold(const std::string& name) {
    std::string reason;
    const auto expected = LookUp(name, reason);
    auto hold = table_.Hold({kDefaultTenant, name});
    ASSERT_EQ(GetErrorReason(hold.status()), reason) << name;
    if (expected == nullptr) return;
    ++expected->hold_count;
    works_.push_back({expected, std::make_unique<SessionHold>(*std::move(hold)), nullptr});
    ExpectLooksLike(*expected, *works_.back().hold->session());
  }

  void Lease() {
    if (works_.empty()) return;
    Work& work = works_[Draw(works_.size())];
    std::string reason = work.expected->leased ? "INTERNAL" : "";
    if (work.expected->end.has_value()) reason = ReasonOf(*work.expected->end);
    auto lease = work.hold->Lease();
    ASSERT_EQ(GetErrorReason(lease.status()), reason);
    if (!reason.empty()) return;
    work.expected->leased = true;
    work.lease = std::make_unique<SessionLease>(*std::move(lease));
    ASSERT_EQ(work.lease->progress().state, work.expected->progress.state);
  }

  void Commit() {
    Work* const work = AnyLeased();
    if (work == nullptr) return;
    Expected& expected = *work->expected;
    SessionProgress next = work->lease->progress();
    if (Draw(4) == 0) {
      const int64_t step = next.window.OldestStep(next.next_step) + Draw(4);
      next.next_step = std::min(next.next_step, step);
      next.window.TruncateAt(next.next_step);
    } else {
      next = After(std::move(next), std::vector<float>(1 + Draw(200)));
    }
    const int64_t bytes = SessionBytes(expected.config, next);
    std::string reason;
    if (expected.end.has_value()) {
      reason = ReasonOf(*expected.end);
    } else if (bytes > expected.bytes && UsedBytes() + bytes - expected.bytes > max_bytes_) {
      reason = "SESSION_BYTES_LIMIT";
      ++refused_by_bytes_;
    }
    ASSERT_EQ(GetErrorReason(work->lease->Commit(next)), reason);
    if (reason.empty()) {
      expected.progress = next;
      expected.bytes = bytes;
    }
    ASSERT_EQ(work->lease->progress().next_step, expected.progress.next_step);
    ExpectLooksLike(expected, *work->hold->session());
  }

  Work* AnyLeased() {
    std::vector<Work*> leased;
    for (Work& work : works_) {
      if (work.lease != nullptr) leased.push_back(&work);
    }
    return leased.empty() ? nullptr : leased[Draw(leased.size())];
  }

  void ReleaseLease() {
    Work* const work = AnyLeased();
    if (work == nullptr) return;
    work->lease.reset();
    work->expected->leased = false;
  }

  void ReleaseHold() {
    if (works_.empty()) return;
    const auto work = works_.begin() + Draw(works_.size());
    if (work->lease != nullptr) return;
    if (--work->expected->hold_count == 0) work->expected->unused_since = Now();
    works_.erase(work);
  }

  void Delete(const std::string& name) {
    std::string reason;
    const auto expected = LookUp(name, reason);
    ASSERT_EQ(GetErrorReason(table_.Delete({kDefaultTenant, name})), reason) << name;
    if (expected != nullptr) Bury(*expected, SessionEnd::kDeleted, Now());
  }

  void EndDue() {
    const absl::Time next = table_.EndDue();
    BuryAllDue();
    ASSERT_GT(next, Now());
    for (const auto& expected : all_) {
      if (!expected->in_table || expected->hold_count > 0) continue;
      ASSERT_LE(next, expected->unused_since + expected->config.ttl) << "it would be late";
    }
    for (const auto& [name, tombstone] : tombstones_) ASSERT_LE(next, tombstone.first + kRetention);
  }

  void List() {
    BuryAllDue();
    std::set<std::string> names;
    for (const auto& expected : all_) {
      if (expected->in_table) names.insert(expected->config.name);
    }
    const std::string after = Draw(2) == 0 ? "" : AnyName();
    const int64_t max_count = Draw(kMaxSessions + 1);
    auto next = names.upper_bound(after);
    int64_t count = 0;
    for (const auto& session : SessionsAfter(table_, {kDefaultTenant, after}, max_count)) {
      ASSERT_NE(next, names.end());
      ASSERT_EQ(session->config().name, *next++);
      ++count;
    }
    ASSERT_TRUE(count == max_count || next == names.end());
  }

  void Attach(const std::string& name) {
    std::string reason;
    const auto expected = LookUp(name, reason);
    const auto found = table_.Find({kDefaultTenant, name});
    ASSERT_EQ(GetErrorReason(found.status()), reason);
    if (expected == nullptr) return;
    const auto previous = expected->stream;
    expected->stream = std::make_shared<FakeStream>();
    ASSERT_TRUE((*found)->AttachStream(expected->stream).ok());
    if (previous == nullptr) return;
    ASSERT_EQ(previous->reasons(), std::vector<std::string>{"SESSION_TAKEN_OVER"});
  }

  void ForgetTheGone() {
    std::erase_if(all_, [](const auto& expected) {
      return !expected->in_table && expected->hold_count == 0;
    });
  }

  std::mt19937_64 random_;
  FakeClock clock_;
  const int64_t max_bytes_;
  SessionTable table_;
  std::vector<std::shared_ptr<Expected>> all_;  // every session that takes memory
  std::map<std::string, std::pair<absl::Time, SessionEnd>> tombstones_;
  std::deque<Work> works_;
  int64_t refused_by_bytes_ = 0;
};

TEST(SessionTableRandom, DoesWhatTheModelSays) {
  int64_t refused_by_bytes = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Play play(seed);
    for (int turn = 0; turn < 2500; ++turn) {
      SCOPED_TRACE(testing::Message() << "turn " << turn);
      play.Turn();
      if (!testing::Test::HasFailure()) play.CheckTotals();
      if (testing::Test::HasFailure()) return;
    }
    refused_by_bytes += play.refused_by_bytes();
  }
  EXPECT_GT(refused_by_bytes, 100) << "the budget was hardly ever reached: the test is too tame";
}

}  // namespace
}  // namespace cellar
