#include "server/session/session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/session/session_lease.h"
#include "server/session/session_table.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SessionTest : public testing::Test {
 protected:
  std::shared_ptr<Session> Create(const std::string& id) {
    const SessionConfig config = ConfigOf(id);
    return table_.Create(config, StartOf(config)).value();
  }

  void Step(const std::string& name) {
    SessionHold hold = table_.Hold({kDefaultTenant, name}).value();
    SessionLease lease = hold.Lease().value();
    ASSERT_TRUE(lease.Commit(After(lease.progress(), {1})).ok());
  }

  FakeClock clock_;
  SessionTable table_{{}, clock_};
};

TEST_F(SessionTest, ShowsWhereItIs) {
  const auto session = Create("a");
  clock_.Advance(absl::Seconds(10));
  Step("sessions/a");
  Step("sessions/a");

  const Session::View view = session->Look();
  EXPECT_EQ(view.next_step, 2);
  EXPECT_EQ(view.oldest_step, 0);
  EXPECT_EQ(view.durable_step, 0);
  EXPECT_EQ(view.state, ScalarState(2, 1));
  EXPECT_EQ(session->config().create_time, FakeClock::Start());
  EXPECT_EQ(view.update_time, FakeClock::Start() + absl::Seconds(10));
  EXPECT_EQ(view.expire_time, FakeClock::Start() + absl::Seconds(70));
}

TEST_F(SessionTest, TellsHowFarBackAStepIs) {
  const auto session = Create("a");
  for (int i = 0; i < 3; ++i) Step("sessions/a");

  const int64_t oldest_step = session->Look().oldest_step;
  EXPECT_EQ(session->StepsBehindOldest(oldest_step - 1), 0);
  EXPECT_EQ(session->StepsBehindOldest(oldest_step), 0);
  EXPECT_EQ(session->StepsBehindOldest(2), 2 - oldest_step);
  EXPECT_EQ(session->StepsBehindOldest(3), 0);
}

TEST_F(SessionTest, LookingDoesNotProlongIt) {
  const auto session = Create("a");
  clock_.Advance(absl::Seconds(59));

  EXPECT_EQ(session->Look().expire_time, FakeClock::Start() + absl::Minutes(1));
  EXPECT_EQ(session->Look().update_time, FakeClock::Start());
}

TEST_F(SessionTest, ExpireTimeOfAHeldSessionMovesOn) {
  const auto session = Create("a");
  const SessionHold hold = table_.Hold({kDefaultTenant, "sessions/a"}).value();
  clock_.Advance(absl::Hours(5));

  EXPECT_EQ(session->Look().expire_time, clock_.Now() + absl::Minutes(1));
}

TEST_F(SessionTest, NewerStreamTakesOver) {
  const auto session = Create("a");
  const auto first = std::make_shared<FakeStream>();
  const auto second = std::make_shared<FakeStream>();

  ASSERT_TRUE(session->AttachStream(first).ok());
  EXPECT_TRUE(session->IsAttached(first.get()));
  ASSERT_TRUE(session->AttachStream(second).ok());

  EXPECT_THAT(first->reasons(), ElementsAre("SESSION_TAKEN_OVER"));
  EXPECT_THAT(second->reasons(), IsEmpty());
  EXPECT_FALSE(session->IsAttached(first.get()));
  EXPECT_TRUE(session->IsAttached(second.get()));
}

TEST_F(SessionTest, StreamThatAttachesAgainIsNotTold) {
  const auto session = Create("a");
  const auto stream = std::make_shared<FakeStream>();

  ASSERT_TRUE(session->AttachStream(stream).ok());
  ASSERT_TRUE(session->AttachStream(stream).ok());

  EXPECT_THAT(stream->reasons(), IsEmpty());
  EXPECT_TRUE(session->IsAttached(stream.get()));
}

TEST_F(SessionTest, DetachedStreamIsForgottenAndNotTold) {
  const auto session = Create("a");
  const auto stream = std::make_shared<FakeStream>();
  const std::weak_ptr<FakeStream> watched = stream;
  ASSERT_TRUE(session->AttachStream(stream).ok());
  session->DetachStream(stream.get());

  EXPECT_FALSE(session->IsAttached(stream.get()));
  EXPECT_FALSE(session->IsAttached(nullptr));
  ASSERT_TRUE(table_.Delete({kDefaultTenant, "sessions/a"}).ok());
  EXPECT_THAT(stream->reasons(), IsEmpty());
  EXPECT_EQ(watched.use_count(), 1);
}

TEST_F(SessionTest, OlderStreamDoesNotDetachTheNewerOne) {
  const auto session = Create("a");
  const auto first = std::make_shared<FakeStream>();
  const auto second = std::make_shared<FakeStream>();
  ASSERT_TRUE(session->AttachStream(first).ok());
  ASSERT_TRUE(session->AttachStream(second).ok());

  session->DetachStream(first.get());

  EXPECT_TRUE(session->IsAttached(second.get()));
}

TEST_F(SessionTest, DeletionEndsTheStream) {
  const auto session = Create("a");
  const auto stream = std::make_shared<FakeStream>();
  ASSERT_TRUE(session->AttachStream(stream).ok());

  ASSERT_TRUE(table_.Delete({kDefaultTenant, "sessions/a"}).ok());

  EXPECT_THAT(stream->reasons(), ElementsAre("SESSION_DELETED"));
  EXPECT_EQ(GetErrorReason(session->AttachStream(stream)), "SESSION_DELETED");
}

TEST_F(SessionTest, ExpiryEndsTheStream) {
  const auto session = Create("a");
  const auto stream = std::make_shared<FakeStream>();
  ASSERT_TRUE(session->AttachStream(stream).ok());

  clock_.Advance(absl::Minutes(1));
  table_.EndDue();

  EXPECT_THAT(stream->reasons(), ElementsAre("SESSION_EXPIRED"));
  EXPECT_EQ(GetErrorReason(session->AttachStream(stream)), "SESSION_EXPIRED");
}

// A stream that calls back must not meet a lock.
class CallingBackStream : public StreamListener {
 public:
  CallingBackStream(SessionTable& table, std::shared_ptr<Session> session)
      : table_(table), session_(std::move(session)) {}

  void EndStream(absl::Status) override {
    session_->DetachStream(this);
    session_->Look();
    found_ = GetErrorReason(table_.Find({kDefaultTenant, session_->config().name}).status());
  }

  const std::string& found() const { return found_; }

 private:
  SessionTable& table_;
  const std::shared_ptr<Session> session_;
  std::string found_ = "not told";
};

TEST_F(SessionTest, StreamsAreToldWithoutLocks) {
  for (const bool expires : {false, true}) {
    const auto session = Create("a");
    const auto replaced = std::make_shared<CallingBackStream>(table_, session);
    const auto stream = std::make_shared<CallingBackStream>(table_, session);
    ASSERT_TRUE(session->AttachStream(replaced).ok());
    ASSERT_TRUE(session->AttachStream(stream).ok());
    EXPECT_EQ(replaced->found(), "") << "the session lives";

    if (expires) {
      clock_.Advance(absl::Minutes(1));
      table_.EndDue();
    } else {
      ASSERT_TRUE(table_.Delete({kDefaultTenant, "sessions/a"}).ok());
    }
    EXPECT_EQ(stream->found(), expires ? "SESSION_EXPIRED" : "SESSION_DELETED");
  }
}

}  // namespace
}  // namespace cellar
