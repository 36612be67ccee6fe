#include "server/api/session_turn.h"

#include <atomic>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kName[] = "sessions/a";

class SessionTurnTest : public testing::Test {
 protected:
  explicit SessionTurnTest(const ApiFixtureOptions& options = {}) : fixture_(options) {
    fixture_.NewSession("a", fixture_.AddModel(HomeworkModel()));
  }

  SessionTurn TurnOf(absl::AnyInvocable<absl::Status(SessionLease&)> work) {
    return {*fixture_.api().sessions.Hold({kDefaultTenant, kName}), 0, 1, std::move(work)};
  }

  // A turn that notes that it ran.
  SessionTurn Noting(int number) {
    return TurnOf([this, number](SessionLease&) {
      ran_.push_back(number);
      return absl::OkStatus();
    });
  }

  // Notes the outcome.
  Done Note() {
    return [this](absl::Status status) { outcomes_.push_back(std::move(status)); };
  }

  ApiFixture fixture_;
  std::vector<int> ran_;
  std::vector<absl::Status> outcomes_;
};

TEST_F(SessionTurnTest, TurnsComeInTheOrderInWhichTheyWereTaken) {
  {
    TurnBlocker blocker(fixture_.api(), kName);
    for (int i = 0; i < 5; ++i) TakeTurn(fixture_.api(), Call(LocalCaller()), Noting(i), Note());
    EXPECT_THAT(ran_, IsEmpty());
  }
  EXPECT_THAT(ran_, ElementsAre(0, 1, 2, 3, 4));
  EXPECT_THAT(outcomes_, testing::Each(absl::OkStatus()));
}

TEST_F(SessionTurnTest, TheOutcomeIsThatOfTheWork) {
  TakeTurn(fixture_.api(), Call(LocalCaller()),
           TurnOf([](SessionLease&) { return absl::DataLossError("x"); }), Note());
  EXPECT_THAT(outcomes_, ElementsAre(absl::DataLossError("x")));
}

TEST_F(SessionTurnTest, LeaseAndHoldAreGivenBackBeforeTheOutcomeIsTold) {
  const auto session = *fixture_.api().sessions.Find({kDefaultTenant, kName});
  bool told = false;
  TakeTurn(fixture_.api(), Call(LocalCaller()),
           TurnOf([](SessionLease&) { return absl::OkStatus(); }), [&](absl::Status) {
             told = true;
             // Not held any more: unused time runs.
             fixture_.clock().Advance(absl::Hours(1));
             EXPECT_EQ(session->Look().expire_time, fixture_.clock().Now());
             // Not leased any more. A hold would fail, the session having just expired.
             EXPECT_EQ(
                 GetErrorReason(fixture_.api().sessions.Hold({kDefaultTenant, kName}).status()),
                 "SESSION_EXPIRED");
           });
  EXPECT_TRUE(told);
}

TEST_F(SessionTurnTest, AnotherLeaseCanBeHadWhenTheOutcomeIsTold) {
  bool told = false;
  TakeTurn(fixture_.api(), Call(LocalCaller()),
           TurnOf([](SessionLease&) { return absl::OkStatus(); }), [&](absl::Status) {
             told = true;
             auto hold = fixture_.api().sessions.Hold({kDefaultTenant, kName});
             EXPECT_TRUE(hold->Lease().ok());
           });
  EXPECT_TRUE(told);
}

TEST_F(SessionTurnTest, ASessionDoesNotExpireWhileItsTurnIsWaiting) {
  {
    TurnBlocker blocker(fixture_.api(), kName);
    TakeTurn(fixture_.api(), Call(LocalCaller()), Noting(1), Note());
    fixture_.clock().Advance(absl::Hours(48));
    fixture_.api().sessions.EndDue();
  }
  EXPECT_THAT(ran_, ElementsAre(1));
  EXPECT_THAT(outcomes_, ElementsAre(absl::OkStatus()));
}

TEST_F(SessionTurnTest, WhatWasCancelledMeanwhileIsNotRun) {
  std::atomic<bool> cancelled = false;
  Call call(LocalCaller());
  call.cancelled = [&cancelled] { return cancelled.load(); };
  {
    TurnBlocker blocker(fixture_.api(), kName);
    TakeTurn(fixture_.api(), call, Noting(1), Note());
    cancelled = true;
  }
  EXPECT_THAT(ran_, IsEmpty());
  ASSERT_EQ(outcomes_.size(), 1);
  EXPECT_EQ(outcomes_[0].code(), absl::StatusCode::kCancelled);
}

TEST_F(SessionTurnTest, WhatComesAfterItsDeadlineIsNotRun) {
  Call call(LocalCaller());
  call.deadline = fixture_.clock().Now() + absl::Seconds(1);
  {
    TurnBlocker blocker(fixture_.api(), kName);
    TakeTurn(fixture_.api(), call, Noting(1), Note());
    fixture_.clock().Advance(absl::Seconds(2));
  }
  EXPECT_THAT(ran_, IsEmpty());
  ASSERT_EQ(outcomes_.size(), 1);
  EXPECT_EQ(GetErrorReason(outcomes_[0]), "DEADLINE_PASSED");
}

TEST_F(SessionTurnTest, WhatWaitsOnASessionThatIsDeletedIsNotRun) {
  {
    TurnBlocker blocker(fixture_.api(), kName);
    TakeTurn(fixture_.api(), Call(LocalCaller()), Noting(1), Note());
    ASSERT_TRUE(fixture_.api().sessions.Delete({kDefaultTenant, kName}).ok());
  }
  EXPECT_THAT(ran_, IsEmpty());
  ASSERT_EQ(outcomes_.size(), 1);
  EXPECT_EQ(GetErrorReason(outcomes_[0]), "SESSION_DELETED");
}

TEST_F(SessionTurnTest, TheWorkIsForgottenBeforeTheOutcomeIsTold) {
  auto witness = std::make_shared<int>(0);
  bool told = false;
  TakeTurn(fixture_.api(), Call(LocalCaller()),
           TurnOf([witness](SessionLease&) { return absl::OkStatus(); }), [&](absl::Status) {
             told = true;
             EXPECT_EQ(witness.use_count(), 1);
           });
  EXPECT_TRUE(told);
}

TEST_F(SessionTurnTest, ViolationsComeBeforeAFailedLookUp) {
  FieldViolations violations;
  EXPECT_EQ(FirstFailure({}, absl::NotFoundError("x")), absl::NotFoundError("x"));
  EXPECT_THAT(ViolatedFields(FirstFailure({{"view", "is wrong"}}, absl::NotFoundError("x"))),
              ElementsAre("view"));
  EXPECT_TRUE(HoldNamed(fixture_.api(), Call(LocalCaller()), kName, "name", violations).ok());
  EXPECT_EQ(GetErrorReason(
                HoldNamed(fixture_.api(), Call(LocalCaller()), "sessions/b", "name", violations)
                    .status()),
            "SESSION_NOT_FOUND");
  EXPECT_THAT(violations, IsEmpty());
  EXPECT_FALSE(HoldNamed(fixture_.api(), Call(LocalCaller()), "b", "name", violations).ok());
  EXPECT_EQ(violations.size(), 1);
}

class FullQueueTest : public SessionTurnTest {
 protected:
  FullQueueTest()
      : SessionTurnTest({.limits = {},
                         .sessions = {},
                         .models = {},
                         .scheduler = {.worker_count = 1, .max_queued_steps_per_session = 1}}) {}
};

TEST_F(FullQueueTest, ARefusedTurnIsToldOnceAndItsHoldIsGivenBack) {
  {
    TurnBlocker blocker(fixture_.api(), kName);
    TakeTurn(fixture_.api(), Call(LocalCaller()), Noting(1), Note());
    TakeTurn(fixture_.api(), Call(LocalCaller()), Noting(2), Note());
    ASSERT_EQ(outcomes_.size(), 1);
    EXPECT_EQ(GetErrorReason(outcomes_[0]), "STEP_QUEUE_LIMIT");
  }
  EXPECT_THAT(ran_, ElementsAre(1));
  EXPECT_EQ(outcomes_.size(), 2);
  fixture_.clock().Advance(absl::Hours(1));
  EXPECT_EQ(GetErrorReason(fixture_.api().sessions.Find({kDefaultTenant, kName}).status()),
            "SESSION_EXPIRED");
}

TEST_F(SessionTurnTest, ATurnCanBeTakenAtOnceIfNobodyWaits) {
  SessionHold hold = *fixture_.api().sessions.Hold({kDefaultTenant, kName});
  const auto work = [&](SessionLease& lease) {
    EXPECT_EQ(lease.session().name(), kName);
    return absl::DataLossError("x");
  };
  const auto finish = [&](const absl::Status& status) { outcomes_.push_back(status); };
  EXPECT_TRUE(TryTurnNow(fixture_.api(), Call(LocalCaller()), hold, 1, work, finish));
  EXPECT_THAT(outcomes_, ElementsAre(absl::DataLossError("x")));
  fixture_.clock().Advance(absl::Hours(1));
  EXPECT_EQ(GetErrorReason(fixture_.api().sessions.Find({kDefaultTenant, kName}).status()),
            "SESSION_EXPIRED")
      << "the hold was given back";
}

TEST_F(SessionTurnTest, ATurnIsNotTakenAtOnceIfSomebodyHasIt) {
  TurnBlocker blocker(fixture_.api(), kName);
  SessionHold hold = *fixture_.api().sessions.Hold({kDefaultTenant, kName});
  const auto never = [](SessionLease&) {
    ADD_FAILURE();
    return absl::OkStatus();
  };
  EXPECT_FALSE(TryTurnNow(fixture_.api(), Call(LocalCaller()), hold, 1, never,
                          [](const absl::Status&) { ADD_FAILURE(); }));
  EXPECT_NE(hold.session(), nullptr) << "the hold is still there, to wait with";
}

TEST_F(SessionTurnTest, NothingIsDoneAtOnceForACallerWhoHasGoneOrComesTooLate) {
  Call gone(LocalCaller());
  gone.cancelled = [] { return true; };
  Call late(LocalCaller());
  late.deadline = fixture_.clock().Now();
  for (const auto& [call, code] : {std::pair(gone, absl::StatusCode::kCancelled),
                                   std::pair(late, absl::StatusCode::kDeadlineExceeded)}) {
    SessionHold hold = *fixture_.api().sessions.Hold({kDefaultTenant, kName});
    const auto never = [](SessionLease&) {
      ADD_FAILURE();
      return absl::OkStatus();
    };
    EXPECT_TRUE(TryTurnNow(
        fixture_.api(), call, hold, 1, never,
        [&, code = code](const absl::Status& status) { EXPECT_EQ(status.code(), code); }));
  }
}

}  // namespace
}  // namespace cellar
