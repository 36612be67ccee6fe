// How streams end: by failures, takeovers, closing, and with their session.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/step_stream.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/stream_client.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StepStreamEndTest : public testing::Test {
 protected:
  StepStreamEndTest() {
    v1::Session settings;
    settings.mutable_numerics()->set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
    settings.set_replay_window(3);
    fixture_.NewSession("a", fixture_.AddModel(HomeworkModel()), settings);
  }

  Api& api() { return fixture_.api(); }
  absl::StatusOr<v1::StepResponse> UnaryStep(const std::vector<double>& inputs) {
    return fixture_.Await(Step, StepOf("sessions/a", inputs));
  }
  absl::Status Delete() {
    v1::DeleteSessionRequest request;
    request.set_name("sessions/a");
    return fixture_.Await(DeleteSession, request).status();
  }
  int64_t NextStep() { return fixture_.Get("a").next_step(); }

  ApiFixture fixture_;
};

TEST_F(StepStreamEndTest, AnOpenThatFailsTakesNothingOver) {
  StreamClient first(api());
  ASSERT_TRUE(first.OpenA().ok());
  StreamClient second(api());
  EXPECT_EQ(GetErrorReason(second.OpenA(7)), "STEP_GAP");
  EXPECT_THAT(first.ends(), IsEmpty());
  first.SendStep({1});
  EXPECT_THAT(first.Reasons(), ElementsAre("", ""));
}

TEST_F(StepStreamEndTest, ANewerStreamTakesOver) {
  StreamClient older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.SendStep({1});
  StreamClient newer(api());
  ASSERT_TRUE(newer.OpenA().ok());
  EXPECT_EQ(newer.opened().next_step(), 1);
  ASSERT_EQ(older.ends().size(), 1);
  EXPECT_EQ(older.ends()[0].code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorReason(older.ends()[0]), "SESSION_TAKEN_OVER");
  EXPECT_EQ(MetadataOf(older.ends()[0], "next_step"), "1");
  older.SendStep({1});
  EXPECT_EQ(older.Reasons().back(), "SESSION_TAKEN_OVER");
  EXPECT_EQ(older.ends().size(), 1);
  newer.SendStep({1});
  EXPECT_EQ(newer.step(1).first_step(), 1);
  EXPECT_EQ(NextStep(), 2);
}

TEST_F(StepStreamEndTest, StepsThatWaitBehindATakeoverAreNotMade) {
  StreamClient older(api());
  ASSERT_TRUE(older.OpenA().ok());
  StreamClient newer(api());
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session("sessions/a");
  {
    TurnBlocker blocker(api(), "sessions/a");
    older.SendStep({1});
    newer.Open(open);
    older.SendStep({1});
    older.SendStep({1});
  }
  EXPECT_THAT(older.Reasons(), ElementsAre("", "", "SESSION_TAKEN_OVER", "SESSION_TAKEN_OVER"));
  EXPECT_EQ(newer.opened().next_step(), 1);
  EXPECT_EQ(NextStep(), 1);
}

TEST_F(StepStreamEndTest, AClosedStreamIsNotTakenOver) {
  StreamClient older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.Close();
  StreamClient newer(api());
  ASSERT_TRUE(newer.OpenA().ok());
  EXPECT_THAT(older.ends(), IsEmpty());
}

TEST_F(StepStreamEndTest, ADroppedStreamIsClosed) {
  StreamClient older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.Drop();
  EXPECT_EQ(api().open_streams.total(), 0);
  StreamClient newer(api());
  ASSERT_TRUE(newer.OpenA().ok());
  EXPECT_THAT(older.ends(), IsEmpty());
}

TEST_F(StepStreamEndTest, ClosingLeavesTheSession) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({1});
  client.Close();
  client.Close();
  EXPECT_EQ(NextStep(), 1);
}

TEST_F(StepStreamEndTest, WhatWaitsWhenAStreamIsClosedIsNotMade) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({1});
    client.Close();
  }
  ASSERT_EQ(client.answer_count(), 2);
  EXPECT_EQ(client.outcome(1).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(NextStep(), 0);
}

TEST_F(StepStreamEndTest, AStreamClosedBeforeItsTurnIsNeverAttached) {
  StreamClient older(api());
  ASSERT_TRUE(older.OpenA().ok());
  StreamClient closed(api());
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session("sessions/a");
  {
    TurnBlocker blocker(api(), "sessions/a");
    closed.Open(open);
    closed.Close();
  }
  EXPECT_EQ(closed.outcome(0).code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(older.ends(), IsEmpty());
  older.SendStep({1});
  EXPECT_THAT(older.Reasons(), ElementsAre("", ""));
}

TEST_F(StepStreamEndTest, AnOpenStreamEndsWithItsSession) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  ASSERT_TRUE(Delete().ok());
  ASSERT_EQ(client.ends().size(), 1);
  EXPECT_EQ(client.ends()[0].code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetErrorReason(client.ends()[0]), "SESSION_DELETED");
  client.SendStep({1});
  EXPECT_EQ(client.Reasons().back(), "SESSION_DELETED");
}

TEST_F(StepStreamEndTest, AnIdleStreamDoesNotKeepItsSessionAlive) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  fixture_.clock().Advance(absl::Hours(1));
  api().sessions.EndDue();
  ASSERT_EQ(client.ends().size(), 1);
  EXPECT_EQ(GetErrorReason(client.ends()[0]), "SESSION_EXPIRED");
}

TEST_F(StepStreamEndTest, WhatWaitsOnADeletedSessionFailsInOrder) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({1});
    client.SendStep({1});
    ASSERT_TRUE(Delete().ok());
    client.SendStep({1});
    EXPECT_EQ(client.answer_count(), 1);
  }
  EXPECT_THAT(client.Reasons(),
              ElementsAre("", "SESSION_DELETED", "SESSION_DELETED", "SESSION_DELETED"));
}

TEST_F(StepStreamEndTest, AnotherSessionUnderTheOldNameIsNotStepped) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  ASSERT_TRUE(Delete().ok());
  fixture_.NewSession("a", "models/homework");
  client.SendStep({1});
  EXPECT_EQ(client.Reasons().back(), "SESSION_DELETED");
  EXPECT_EQ(NextStep(), 0);
}

TEST_F(StepStreamEndTest, AFailureStopsTheRestWithTheSameStatus) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({1});
    client.SendStep({1}, 5);
    client.SendStep({1}, 1);
  }
  client.SendStep({1}, 1);
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "STEP_GAP", "STEP_GAP", "STEP_GAP"));
  EXPECT_EQ(client.outcome(4), client.outcome(2));
  EXPECT_EQ(NextStep(), 1);
  EXPECT_THAT(client.ends(), IsEmpty()) << "a step failed: that ends the stream";
}

TEST_F(StepStreamEndTest, AViolationWaitsForTheAnswersBeforeItAndStopsTheRest) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({1});
    client.SendStep({});
    client.SendStep({1});
    EXPECT_EQ(client.answer_count(), 1);
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "BAD_REQUEST", "BAD_REQUEST"));
  EXPECT_THAT(ViolatedFields(client.outcome(2)), ElementsAre("step.inputs"));
  EXPECT_EQ(NextStep(), 1);
}

TEST_F(StepStreamEndTest, AnEarlierFailureOutranksALaterViolation) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({1}, 9);
    client.SendStep({});
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "STEP_GAP", "STEP_GAP"));
}

TEST_F(StepStreamEndTest, AfterAFailureATakeoverIsNoNews) {
  StreamClient older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.SendStep({});
  StreamClient newer(api());
  ASSERT_TRUE(newer.OpenA().ok());
  EXPECT_THAT(older.ends(), IsEmpty());
}

TEST_F(StepStreamEndTest, ACancelledCallMakesNoSteps) {
  bool cancelled = false;
  Call call(LocalCaller());
  call.cancelled = [&cancelled] { return cancelled; };
  StreamClient client(api(), call);
  ASSERT_TRUE(client.OpenA().ok());
  cancelled = true;
  client.SendStep({1});
  EXPECT_EQ(client.outcome(1).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(NextStep(), 0);
}

// Sessions that end together are told one after another; meanwhile their names are free.
TEST_F(StepStreamEndTest, AStreamThatHasYetToBeToldDoesNotStepTheNextSessionOfItsName) {
  const std::string model = fixture_.AddModel(HomeworkModel());
  v1::Session settings;
  settings.mutable_ttl()->set_seconds(60);
  fixture_.NewSession("early", model, settings);
  StreamClient late(api());
  ASSERT_TRUE(late.OpenA().ok());
  const auto early = *StepStream::Create(api(), Call(LocalCaller()), [&](const absl::Status&) {
    v1::Session other;
    other.mutable_numerics()->set_precision(v1::PRECISION_FLOAT64);
    fixture_.NewSession("a", model, other);
    late.SendStep({1});
  });
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session("sessions/early");
  v1::StreamStepsResponse opened;
  early->Open(open, &opened, [](const absl::Status& status) { ASSERT_TRUE(status.ok()); });
  fixture_.clock().Advance(absl::Hours(2));
  api().sessions.EndDue();
  EXPECT_THAT(late.Reasons(), ElementsAre("", "SESSION_EXPIRED"));
  EXPECT_EQ(NextStep(), 0);
}

}  // namespace
}  // namespace cellar
