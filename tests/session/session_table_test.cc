#include "server/session/session_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "server/session/session_errors.h"
#include "tests/session/session_builder.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class SessionTableTest : public testing::Test {
 protected:
  void UseLimits(SessionTable::Limits limits) { table_.emplace(limits, clock_); }

  absl::StatusOr<std::shared_ptr<Session>> Create(const std::string& id,
                                                  absl::Duration ttl = absl::Minutes(1)) {
    const SessionConfig config = ConfigOf(id, ttl);
    return table_->Create(config, StartOf(config));
  }

  std::string WhyNot(const std::string& id) {
    return GetErrorReason(table_->Find({kDefaultTenant, "sessions/" + id}).status());
  }

  std::vector<std::string> ListNames(const std::string& after, int64_t max_count) {
    std::vector<std::string> names;
    for (const auto& session : SessionsAfter(*table_, {kDefaultTenant, after}, max_count)) {
      names.push_back(session->config().name);
    }
    return names;
  }

  FakeClock clock_;
  std::optional<SessionTable> table_{std::in_place, SessionTable::Limits{}, clock_};
};

TEST_F(SessionTableTest, FetchingAheadChangesNothing) {
  const auto created = Create("a").value();
  clock_.Advance(absl::Seconds(50));

  table_->Prefetch({});
  table_->Prefetch({{kDefaultTenant, "sessions/a"},
                    {kDefaultTenant, "sessions/b"},
                    {"other", "sessions/a"},
                    {kDefaultTenant, "sessions/a"}});

  EXPECT_EQ(table_->Find({kDefaultTenant, "sessions/a"}).value(), created);
  EXPECT_EQ(WhyNot("b"), "SESSION_NOT_FOUND");
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(WhyNot("a"), "SESSION_EXPIRED") << "it was no use of the session";
}

TEST_F(SessionTableTest, SessionsThatBeginWithZerosHaveThemInCommon) {
  const auto place_of = [](const Session& session) {
    EXPECT_EQ(session.initial_state(), session.Look().state);
    return session.Look().state.As<float>().data();
  };
  const auto a = Create("a").value();
  const auto b = Create("b").value();
  SessionConfig config = ConfigOf("c");
  config.initial_state = ScalarState(0, 1);
  const auto c = table_->Create(config, StartOf(config)).value();

  EXPECT_EQ(place_of(*a), place_of(*b));
  EXPECT_EQ(a->initial_state(), ScalarState(0, 0));
  EXPECT_NE(place_of(*a), place_of(*c));
  EXPECT_EQ(c->initial_state(), ScalarState(0, 1));
}

TEST_F(SessionTableTest, FindsWhatWasCreated) {
  const auto created = Create("a").value();

  EXPECT_EQ(table_->Find({kDefaultTenant, "sessions/a"}).value(), created);
  EXPECT_EQ(table_->Hold({kDefaultTenant, "sessions/a"}).value().session(), created);
  EXPECT_EQ(table_->session_count(), 1);
  EXPECT_EQ(created->config().create_time, clock_.Now());
}

TEST_F(SessionTableTest, MakesNamesWhenNoneIsChosen) {
  const std::string first = Create("").value()->config().name;
  const std::string second = Create("").value()->config().name;

  EXPECT_NE(first, second);
  EXPECT_EQ(first.rfind("sessions/s-" + table_->epoch() + "-", 0), 0u) << first;
  EXPECT_TRUE(table_->Find({kDefaultTenant, first}).ok());
}

TEST_F(SessionTableTest, RefusesANameThatIsTaken) {
  const auto first = Create("a").value();

  EXPECT_EQ(GetErrorReason(Create("a").status()), "SESSION_EXISTS");
  EXPECT_EQ(table_->Find({kDefaultTenant, "sessions/a"}).value(), first);
}

TEST_F(SessionTableTest, RefusesAMissingState) {
  SessionConfig config = ConfigOf("a");
  SessionProgress progress = StartOf(config);
  progress.state = nullptr;
  EXPECT_EQ(GetErrorReason(table_->Create(config, progress).status()), "INTERNAL");
  progress = StartOf(config);
  config.initial_state = nullptr;
  EXPECT_EQ(GetErrorReason(table_->Create(config, progress).status()), "INTERNAL");
  EXPECT_EQ(table_->used_bytes(), 0);
}

TEST_F(SessionTableTest, TellsApartTheFourWaysNotToBeThere) {
  ASSERT_TRUE(Create("expired", absl::Seconds(5)).ok());
  ASSERT_TRUE(Create("deleted").ok());
  clock_.Advance(absl::Seconds(7));
  ASSERT_TRUE(table_->Delete({kDefaultTenant, "sessions/deleted"}).ok());
  const std::string lost = "sessions/s-1-0123456789abcdef0123456789abcdef";

  EXPECT_EQ(WhyNot("never"), "SESSION_NOT_FOUND");
  EXPECT_EQ(WhyNot("expired"), "SESSION_EXPIRED");
  EXPECT_EQ(WhyNot("deleted"), "SESSION_DELETED");
  const absl::Status status = table_->Find({kDefaultTenant, lost}).status();
  EXPECT_EQ(GetErrorReason(status), "SESSION_LOST");
  EXPECT_EQ(MetadataOf(status, "session_epoch"), "1");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), table_->epoch());
}

TEST_F(SessionTableTest, HoldAndDeleteTellTheSameAsFind) {
  ASSERT_TRUE(Create("deleted").ok());
  ASSERT_TRUE(table_->Delete({kDefaultTenant, "sessions/deleted"}).ok());
  for (const std::string name : {"sessions/never", "sessions/deleted", "models/x", ""}) {
    const absl::Status status = table_->Find({kDefaultTenant, name}).status();
    EXPECT_EQ(table_->Hold({kDefaultTenant, name}).status(), status);
    EXPECT_EQ(table_->Delete({kDefaultTenant, name}), status);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  }
}

TEST_F(SessionTableTest, ExpiryIsSeenOnTimeWithoutAReaper) {
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  clock_.Advance(absl::Seconds(5) - absl::Nanoseconds(1));
  EXPECT_EQ(WhyNot("a"), "");
  clock_.Advance(absl::Nanoseconds(1));
  EXPECT_EQ(WhyNot("a"), "SESSION_EXPIRED");
  EXPECT_EQ(table_->session_count(), 0);
}

TEST_F(SessionTableTest, TombstoneTellsWhenItExpiredNotWhenThatWasFound) {
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  ASSERT_TRUE(Create("b", absl::Seconds(5)).ok());
  clock_.Advance(absl::Hours(2));
  table_->EndDue();

  for (const char* name : {"sessions/a", "sessions/b"}) {
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(MetadataOf(table_->Find({kDefaultTenant, name}).status(), "expire_time"),
                "2024-01-01T00:00:05Z");
    }
  }
}

TEST_F(SessionTableTest, ASessionFoundExpiredTellsSoEvenIfTombstonesDoNotLastThatLong) {
  UseLimits({.tombstone_retention = absl::Hours(1), .max_tombstones = 0});
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  clock_.Advance(absl::Hours(2));

  EXPECT_EQ(WhyNot("a"), "SESSION_EXPIRED");
  EXPECT_EQ(WhyNot("a"), "SESSION_NOT_FOUND");
}

TEST_F(SessionTableTest, DeletingAnExpiredSessionTellsThatItExpired) {
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  clock_.Advance(absl::Seconds(5));

  EXPECT_EQ(GetErrorReason(table_->Delete({kDefaultTenant, "sessions/a"})), "SESSION_EXPIRED");
  EXPECT_EQ(WhyNot("a"), "SESSION_EXPIRED");
}

TEST_F(SessionTableTest, NameOfAnEndedSessionMayBeUsedAgain) {
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  clock_.Advance(absl::Seconds(5));
  ASSERT_TRUE(Create("a").ok()) << "expired, though nobody has noticed";
  ASSERT_TRUE(table_->Delete({kDefaultTenant, "sessions/a"}).ok());
  ASSERT_TRUE(Create("a", absl::Seconds(10)).ok()) << "deleted";

  EXPECT_EQ(WhyNot("a"), "");
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(MetadataOf(table_->Find({kDefaultTenant, "sessions/a"}).status(), "expire_time"),
            "2024-01-01T00:00:15Z");
}

TEST_F(SessionTableTest, TombstonesAreForgottenInTheEnd) {
  UseLimits({.tombstone_retention = absl::Hours(1)});
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(table_->Delete({kDefaultTenant, "sessions/a"}).ok());
  clock_.Advance(absl::Hours(1));

  EXPECT_EQ(WhyNot("a"), "SESSION_NOT_FOUND");
}

TEST_F(SessionTableTest, ListsByNamePageByPage) {
  for (const char* id : {"c", "a", "e", "b", "d"}) ASSERT_TRUE(Create(id).ok());

  EXPECT_THAT(ListNames("", 2), ElementsAre("sessions/a", "sessions/b"));
  EXPECT_THAT(ListNames("sessions/b", 2), ElementsAre("sessions/c", "sessions/d"));
  EXPECT_THAT(ListNames("sessions/d", 2), ElementsAre("sessions/e"));
  EXPECT_THAT(ListNames("sessions/e", 2), IsEmpty());
  EXPECT_THAT(ListNames("sessions/bb", 1), ElementsAre("sessions/c")) << "after need not exist";
  EXPECT_THAT(ListNames("", 0), IsEmpty());
}

TEST_F(SessionTableTest, ListsTheLivingOnly) {
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Create("b", absl::Seconds(5)).ok());
  ASSERT_TRUE(Create("c").ok());
  ASSERT_TRUE(table_->Delete({kDefaultTenant, "sessions/a"}).ok());
  clock_.Advance(absl::Seconds(5));

  EXPECT_THAT(ListNames("", 10), ElementsAre("sessions/c"));
}

TEST_F(SessionTableTest, RefusesMoreSessionsThanItMayHold) {
  UseLimits({.max_sessions = 2});
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  ASSERT_TRUE(Create("b").ok());
  const int64_t used_bytes = table_->used_bytes();

  const absl::Status status = Create("c").status();
  EXPECT_EQ(GetErrorReason(status), "SESSION_LIMIT");
  EXPECT_EQ(MetadataOf(status, "limit"), "2");
  EXPECT_EQ(GetErrorReason(Create("a").status()), "SESSION_EXISTS");
  EXPECT_EQ(table_->used_bytes(), used_bytes);

  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(Create("c").ok()) << "the expired one makes room";
}

TEST_F(SessionTableTest, RefusesMoreBytesThanItMayHold) {
  const SessionConfig config = ConfigOf("a");
  const int64_t bytes = SessionBytes(config, StartOf(config));
  UseLimits({.max_bytes = 2 * bytes});
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  ASSERT_TRUE(Create("b").ok());
  EXPECT_EQ(table_->used_bytes(), 2 * bytes);

  EXPECT_EQ(GetErrorReason(Create("c").status()), "SESSION_BYTES_LIMIT");
  EXPECT_EQ(table_->session_count(), 2);

  clock_.Advance(absl::Seconds(5));
  EXPECT_TRUE(Create("c").ok()) << "the expired one makes room";
  EXPECT_EQ(table_->used_bytes(), 2 * bytes);
}

TEST_F(SessionTableTest, ExpiredPredecessorMakesRoomForItsSuccessor) {
  const SessionConfig config = ConfigOf("a");
  UseLimits({.max_sessions = 1, .max_bytes = SessionBytes(config, StartOf(config))});
  ASSERT_TRUE(Create("a", absl::Seconds(5)).ok());
  clock_.Advance(absl::Seconds(5));

  EXPECT_TRUE(Create("a").ok());
}

TEST_F(SessionTableTest, EndDueTellsWhenThereIsMoreToDo) {
  UseLimits({.tombstone_retention = absl::Hours(1)});
  const absl::Time start = clock_.Now();
  EXPECT_EQ(table_->EndDue(), absl::InfiniteFuture());
  ASSERT_TRUE(Create("a", absl::Seconds(10)).ok());
  ASSERT_TRUE(Create("b", absl::Seconds(5)).ok());
  ASSERT_TRUE(Create("c", absl::InfiniteDuration()).ok());

  EXPECT_EQ(table_->EndDue(), start + absl::Seconds(5));
  clock_.Advance(absl::Seconds(7));
  EXPECT_EQ(table_->EndDue(), start + absl::Seconds(10));
  clock_.Advance(absl::Seconds(7));
  EXPECT_EQ(table_->EndDue(), start + absl::Seconds(5) + absl::Hours(1));
  clock_.Advance(absl::Hours(2));
  EXPECT_EQ(table_->EndDue(), absl::InfiniteFuture());
}

TEST_F(SessionTableTest, UsedSessionsAreLookedAtAgainAtTheirNewTime) {
  const absl::Time start = clock_.Now();
  ASSERT_TRUE(Create("a", absl::Seconds(10)).ok());
  clock_.Advance(absl::Seconds(6));
  { const SessionHold used = table_->Hold({kDefaultTenant, "sessions/a"}).value(); }

  clock_.Advance(absl::Seconds(5));
  EXPECT_EQ(table_->EndDue(), start + absl::Seconds(16));
  EXPECT_EQ(table_->session_count(), 1);
  clock_.Advance(absl::Seconds(5));
  table_->EndDue();
  EXPECT_EQ(table_->session_count(), 0);
}

TEST_F(SessionTableTest, HeldSessionWithoutTtlDoesNotKeepEndDueBusy) {
  ASSERT_TRUE(Create("a", absl::Nanoseconds(1)).ok());
  const SessionHold hold = table_->Hold({kDefaultTenant, "sessions/a"}).value();
  clock_.Advance(absl::Seconds(1));

  EXPECT_GT(table_->EndDue(), clock_.Now());
}

TEST_F(SessionTableTest, EndsManyAtOnce) {
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(Create("", absl::Seconds(5)).ok());
  ASSERT_TRUE(Create("stays").ok());
  clock_.Advance(absl::Seconds(5));
  table_->EndDue();

  EXPECT_THAT(ListNames("", 10), ElementsAre("sessions/stays"));
  EXPECT_EQ(table_->session_count(), 1);
  clock_.Advance(absl::Hours(24));
  EXPECT_EQ(table_->EndDue(), FakeClock::Start() + absl::Seconds(60) + absl::Hours(24));
}

TEST_F(SessionTableTest, EndedSessionsUnpinTheirModel) {
  const int64_t pin_count = HomeworkPin()->pin_count();
  ASSERT_TRUE(Create("a").ok());
  ASSERT_TRUE(Create("b", absl::Seconds(5)).ok());
  EXPECT_EQ(HomeworkPin()->pin_count(), pin_count + 2);

  ASSERT_TRUE(table_->Delete({kDefaultTenant, "sessions/a"}).ok());
  clock_.Advance(absl::Seconds(5));
  table_->EndDue();
  EXPECT_EQ(HomeworkPin()->pin_count(), pin_count);
}

class SessionTenantsTest : public SessionTableTest {
 protected:
  std::shared_ptr<Session> CreateOf(const std::string& tenant, const std::string& id) {
    SessionConfig config = ConfigOf(id);
    config.tenant = tenant;
    return table_->Create(config, StartOf(config)).value();
  }

  std::vector<std::string> ListOf(const std::string& tenant, const std::string& after) {
    std::vector<std::string> names;
    for (const auto& session : SessionsAfter(*table_, {tenant, after}, 10)) {
      EXPECT_EQ(session->config().tenant, tenant);
      names.push_back(session->config().name);
    }
    return names;
  }
};

TEST_F(SessionTenantsTest, HaveTheirOwnNames) {
  const auto mine = CreateOf("me", "a");
  const auto theirs = CreateOf("they", "a");
  CreateOf("they", "b");

  EXPECT_EQ(table_->Find({"me", "sessions/a"}).value(), mine);
  EXPECT_EQ(table_->Hold({"they", "sessions/a"}).value().session(), theirs);
  EXPECT_THAT(ListOf("me", ""), ElementsAre("sessions/a"));
  EXPECT_THAT(ListOf("they", ""), ElementsAre("sessions/a", "sessions/b"));
  EXPECT_THAT(ListOf("they", "sessions/a"), ElementsAre("sessions/b"));
  EXPECT_THAT(ListOf("me", "sessions/a"), IsEmpty());
  EXPECT_THAT(ListOf("them", ""), IsEmpty());
}

TEST_F(SessionTenantsTest, SeeNothingOfEachOther) {
  CreateOf("they", "a");
  const auto not_found = [&] { return SessionNotFound("sessions/a", table_->epoch()); };

  EXPECT_EQ(table_->Find({"me", "sessions/a"}).status(), not_found());
  EXPECT_EQ(table_->Hold({"me", "sessions/a"}).status(), not_found());
  EXPECT_EQ(table_->Delete({"me", "sessions/a"}), not_found());
  ASSERT_TRUE(table_->Delete({"they", "sessions/a"}).ok());
  EXPECT_EQ(table_->Find({"me", "sessions/a"}).status(), not_found()) << "nor of an end";
  EXPECT_EQ(GetErrorReason(table_->Find({"they", "sessions/a"}).status()), "SESSION_DELETED");
  CreateOf("me", "a");
  EXPECT_EQ(GetErrorReason(table_->Find({"they", "sessions/a"}).status()), "SESSION_DELETED")
      << "a name that comes back is the other's";
}

}  // namespace
}  // namespace cellar
