#include "server/api/step_stream.h"

#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One client's end of a stream. Everything that comes back is noted in its order.
class Client {
 public:
  explicit Client(Api& api, Call call = {})
      : stream_(StepStream::Create(api, std::move(call), [this](const absl::Status& status) {
          ends_.push_back(status);
        })) {}
  ~Client() { Close(); }

  void Open(const v1::StreamStepsRequest& request) {
    Exchange& exchange = NewExchange(request);
    stream_->Open(exchange.request, &exchange.response, Note());
  }
  absl::Status OpenA(std::optional<int64_t> resume_from = std::nullopt) {
    v1::StreamStepsRequest request;
    request.mutable_open()->set_session("sessions/a");
    if (resume_from.has_value()) request.mutable_open()->set_resume_from(*resume_from);
    Open(request);
    return outcomes_.back();
  }
  void Send(const v1::StreamStepsRequest& request) {
    Exchange& exchange = NewExchange(request);
    stream_->Step(exchange.request, &exchange.response, Note());
  }
  void SendStep(const std::vector<double>& inputs,
                std::optional<int64_t> step_index = std::nullopt) {
    v1::StreamStepsRequest request;
    *request.mutable_step()->mutable_inputs() = ValuesOf(inputs);
    if (step_index.has_value()) request.mutable_step()->set_step_index(*step_index);
    Send(request);
  }
  void Close() {
    if (stream_ != nullptr) stream_->Close();
  }
  void Drop() { stream_.reset(); }

  // Of the messages in the order in which they were answered; "" for success.
  std::vector<std::string> Reasons() const {
    std::vector<std::string> reasons;
    for (const absl::Status& status : outcomes_) reasons.push_back(GetErrorReason(status));
    return reasons;
  }
  const absl::Status& outcome(size_t index) const { return outcomes_[index]; }
  size_t answer_count() const { return outcomes_.size(); }
  const v1::StreamStepsOpened& opened() const { return exchanges_[0]->response.opened(); }
  const v1::StepResponse& step(size_t index) const { return exchanges_[index]->response.step(); }
  const std::vector<absl::Status>& ends() const { return ends_; }

 private:
  struct Exchange {
    v1::StreamStepsRequest request;
    v1::StreamStepsResponse response;
  };

  Exchange& NewExchange(const v1::StreamStepsRequest& request) {
    exchanges_.push_back(std::make_unique<Exchange>());
    exchanges_.back()->request = request;
    return *exchanges_.back();
  }
  Done Note() {
    return [this](absl::Status status) { outcomes_.push_back(std::move(status)); };
  }

  std::vector<std::unique_ptr<Exchange>> exchanges_;
  std::vector<absl::Status> outcomes_;
  std::vector<absl::Status> ends_;
  std::shared_ptr<StepStream> stream_;
};

class StepStreamTest : public testing::Test {
 protected:
  explicit StepStreamTest(const ApiFixtureOptions& options = {}) : fixture_(options) {
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
    return fixture_.Ask(DeleteSession, request).status();
  }
  int64_t NextStep() { return fixture_.Get("a").next_step(); }

  ApiFixture fixture_;
};

TEST_F(StepStreamTest, AStreamOpensWhereTheSessionIs) {
  ASSERT_TRUE(UnaryStep({0, 0}).ok());
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  EXPECT_EQ(client.opened().session(), "sessions/a");
  EXPECT_EQ(client.opened().next_step(), 2);
  EXPECT_EQ(client.opened().durable_step(), 0);
}

TEST_F(StepStreamTest, TheHomeworkComesOutStepByStep) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  std::vector<double> outputs;
  for (const double x : {0, 0, 1, 1, 1, 0}) {
    client.SendStep({x});
    ASSERT_TRUE(client.outcome(outputs.size() + 1).ok());
    outputs.push_back(client.step(outputs.size() + 1).trace().outputs().values(0));
  }
  EXPECT_THAT(outputs, ElementsAre(0, 0, 1, -1, 1, 0));
  EXPECT_EQ(client.step(6).first_step(), 5);
  EXPECT_EQ(client.step(6).next_step(), 6);
  EXPECT_EQ(client.step(6).state_digest(), fixture_.Get("a").state_digest());
  EXPECT_THAT(client.ends(), IsEmpty());
}

TEST_F(StepStreamTest, PipelinedStepsAreAnsweredInOrder) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({0, 0});
    client.SendStep({1});
    client.SendStep({1, 1, 0});
    EXPECT_EQ(client.answer_count(), 1) << "the open only";
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "", ""));
  EXPECT_EQ(client.step(1).first_step(), 0);
  EXPECT_EQ(client.step(2).first_step(), 2);
  EXPECT_EQ(client.step(3).first_step(), 3);
  EXPECT_THAT(client.step(3).trace().outputs().values(), ElementsAre(-1, 1, 0));
}

TEST_F(StepStreamTest, ViewDensityAndEncodingHoldForTheWholeStream) {
  v1::StreamStepsRequest request;
  request.mutable_open()->set_session("sessions/a");
  request.mutable_open()->set_view(v1::VIEW_STATE);
  request.mutable_open()->set_density(v1::DENSITY_LAST_STEP);
  request.mutable_open()->set_encoding(v1::ENCODING_RAW);
  Client client(api());
  client.Open(request);
  client.SendStep({0, 0, 1});
  client.SendStep({1, 1});
  for (const size_t i : {1, 2}) {
    EXPECT_THAT(client.step(i).trace().layers(0).c().shape(), ElementsAre(1, 1));
    EXPECT_EQ(client.step(i).trace().outputs().raw().size(), 4);
  }
}

TEST_F(StepStreamTest, WithoutAnEncodingEachAnswerIsEncodedAsItsMessage) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  v1::StreamStepsRequest raw;
  raw.mutable_step()->mutable_inputs()->set_raw(std::string(4, '\0'));
  client.Send(raw);
  client.SendStep({0});
  EXPECT_EQ(client.step(1).trace().outputs().raw().size(), 4);
  EXPECT_EQ(client.step(2).trace().outputs().values_size(), 1);
}

TEST_F(StepStreamTest, ABrokenStreamIsResumedWhereItStoppedBitForBit) {
  std::vector<v1::StepResponse> answers;
  {
    Client client(api());
    ASSERT_TRUE(client.OpenA().ok());
    for (const double x : {0, 0, 1}) client.SendStep({x});
    for (const size_t i : {1, 2, 3}) answers.push_back(client.step(i));
  }
  Client client(api());
  ASSERT_TRUE(client.OpenA(1).ok());
  EXPECT_EQ(client.opened().next_step(), 3);
  client.SendStep({0});
  client.SendStep({1});
  client.SendStep({1});
  ASSERT_THAT(client.Reasons(), ElementsAre("", "", "", ""));
  EXPECT_EQ(client.step(1).first_step(), 1);
  EXPECT_EQ(client.step(1).state_digest(), answers[1].state_digest());
  EXPECT_EQ(client.step(2).trace().SerializeAsString(), answers[2].trace().SerializeAsString());
  EXPECT_EQ(client.step(3).first_step(), 3);
  EXPECT_EQ(NextStep(), 4);
}

TEST_F(StepStreamTest, AStreamCannotBeResumedOutsideTheWindow) {
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(UnaryStep({1}).ok());
  const std::string before = fixture_.Get("a").SerializeAsString();
  Client gap(api());
  EXPECT_EQ(GetErrorReason(gap.OpenA(6)), "STEP_GAP");
  EXPECT_EQ(MetadataOf(gap.outcome(0), "next_step"), "5");
  Client old(api());
  EXPECT_EQ(GetErrorReason(old.OpenA(1)), "STEP_TOO_OLD");
  EXPECT_EQ(MetadataOf(old.outcome(0), "oldest_step"), "2");
  Client negative(api());
  EXPECT_THAT(ViolatedFields(negative.OpenA(-1)), ElementsAre("open.resume_from"));
  EXPECT_EQ(fixture_.Get("a").SerializeAsString(), before);
  Client oldest(api());
  EXPECT_TRUE(oldest.OpenA(2).ok());
}

TEST_F(StepStreamTest, AnOpenThatFailsTakesNothingOver) {
  Client first(api());
  ASSERT_TRUE(first.OpenA().ok());
  Client second(api());
  EXPECT_EQ(GetErrorReason(second.OpenA(7)), "STEP_GAP");
  EXPECT_THAT(first.ends(), IsEmpty());
  first.SendStep({1});
  EXPECT_THAT(first.Reasons(), ElementsAre("", ""));
}

TEST_F(StepStreamTest, ANewerStreamTakesOver) {
  Client older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.SendStep({1});
  Client newer(api());
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

TEST_F(StepStreamTest, StepsThatWaitBehindATakeoverAreNotMade) {
  Client older(api());
  ASSERT_TRUE(older.OpenA().ok());
  Client newer(api());
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

TEST_F(StepStreamTest, AClosedStreamIsNotTakenOver) {
  Client older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.Close();
  Client newer(api());
  ASSERT_TRUE(newer.OpenA().ok());
  EXPECT_THAT(older.ends(), IsEmpty());
}

TEST_F(StepStreamTest, ADroppedStreamIsClosed) {
  Client older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.Drop();
  EXPECT_EQ(api().open_streams, 0);
  Client newer(api());
  ASSERT_TRUE(newer.OpenA().ok());
  EXPECT_THAT(older.ends(), IsEmpty());
}

TEST_F(StepStreamTest, ClosingLeavesTheSession) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({1});
  client.Close();
  client.Close();
  EXPECT_EQ(NextStep(), 1);
}

TEST_F(StepStreamTest, WhatWaitsWhenAStreamIsClosedIsNotMade) {
  Client client(api());
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

TEST_F(StepStreamTest, AStreamClosedBeforeItsTurnIsNeverAttached) {
  Client older(api());
  ASSERT_TRUE(older.OpenA().ok());
  Client closed(api());
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

TEST_F(StepStreamTest, AnOpenStreamEndsWithItsSession) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  ASSERT_TRUE(Delete().ok());
  ASSERT_EQ(client.ends().size(), 1);
  EXPECT_EQ(client.ends()[0].code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(GetErrorReason(client.ends()[0]), "SESSION_DELETED");
  client.SendStep({1});
  EXPECT_EQ(client.Reasons().back(), "SESSION_DELETED");
}

TEST_F(StepStreamTest, AnIdleStreamDoesNotKeepItsSessionAlive) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  fixture_.clock().Advance(absl::Hours(1));
  api().sessions.EndDue();
  ASSERT_EQ(client.ends().size(), 1);
  EXPECT_EQ(GetErrorReason(client.ends()[0]), "SESSION_EXPIRED");
}

TEST_F(StepStreamTest, WhatWaitsOnADeletedSessionFailsInOrder) {
  Client client(api());
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

TEST_F(StepStreamTest, AnotherSessionUnderTheOldNameIsNotStepped) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  ASSERT_TRUE(Delete().ok());
  fixture_.NewSession("a", "models/homework");
  client.SendStep({1});
  EXPECT_EQ(client.Reasons().back(), "SESSION_DELETED");
  EXPECT_EQ(NextStep(), 0);
}

TEST_F(StepStreamTest, AFailureStopsTheRestWithTheSameStatus) {
  Client client(api());
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

TEST_F(StepStreamTest, AViolationWaitsForTheAnswersBeforeItAndStopsTheRest) {
  Client client(api());
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

TEST_F(StepStreamTest, AnEarlierFailureOutranksALaterViolation) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({1}, 9);
    client.SendStep({});
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "STEP_GAP", "STEP_GAP"));
}

TEST_F(StepStreamTest, AfterAFailureATakeoverIsNoNews) {
  Client older(api());
  ASSERT_TRUE(older.OpenA().ok());
  older.SendStep({});
  Client newer(api());
  ASSERT_TRUE(newer.OpenA().ok());
  EXPECT_THAT(older.ends(), IsEmpty());
}

TEST_F(StepStreamTest, AForeignStepInBetweenIsAConflict) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({0});
  ASSERT_TRUE(UnaryStep({1}).ok());
  client.SendStep({0});
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "STEP_CONFLICT"));
  EXPECT_EQ(MetadataOf(client.outcome(2), "next_step"), "2");
}

TEST_F(StepStreamTest, AnExplicitIndexSetsThePosition) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({0, 1});
  client.SendStep({1}, 1);
  client.SendStep({1});
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "", ""));
  EXPECT_EQ(client.step(2).first_step(), 1);
  EXPECT_EQ(client.step(3).first_step(), 2);
}

TEST_F(StepStreamTest, TheLargestIndexIsAGapLikeAnyOther) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({0, 1}, std::numeric_limits<int64_t>::max());
    client.SendStep({0});
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "STEP_GAP", "STEP_GAP"));
}

TEST_F(StepStreamTest, MessagesOutOfOrderAreRefused) {
  v1::StreamStepsRequest step;
  *step.mutable_step()->mutable_inputs() = ValuesOf({1});
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session("sessions/a");
  Client step_first(api());
  step_first.Open(step);
  EXPECT_THAT(ViolatedFields(step_first.outcome(0)), ElementsAre("part"));
  Client nothing_first(api());
  nothing_first.Open({});
  EXPECT_THAT(ViolatedFields(nothing_first.outcome(0)), ElementsAre("part"));
  Client open_twice(api());
  open_twice.Open(open);
  open_twice.Send(open);
  EXPECT_THAT(ViolatedFields(open_twice.outcome(1)), ElementsAre("part"));
  Client nothing_second(api());
  nothing_second.Open(open);
  nothing_second.Send({});
  EXPECT_THAT(ViolatedFields(nothing_second.outcome(1)), ElementsAre("part"));
}

TEST_F(StepStreamTest, EveryViolationOfAnOpenIsReportedAtOnce) {
  v1::StreamStepsRequest request;
  v1::StreamStepsOpen& open = *request.mutable_open();
  open.set_resume_from(-1);
  open.set_view(static_cast<v1::View>(9));
  open.set_density(static_cast<v1::Density>(9));
  open.set_encoding(static_cast<v1::Encoding>(9));
  Client client(api());
  client.Open(request);
  EXPECT_THAT(ViolatedFields(client.outcome(0)),
              ElementsAre("open.session", "open.view", "open.density", "open.encoding",
                          "open.resume_from"));
  EXPECT_EQ(api().open_streams, 0);
}

TEST_F(StepStreamTest, EveryViolationOfAStepIsReportedAtOnce) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({}, -1);
  EXPECT_THAT(ViolatedFields(client.outcome(1)), ElementsAre("step.step_index", "step.inputs"));
}

TEST_F(StepStreamTest, ASessionThatIsNotThereIsToldWhy) {
  ASSERT_TRUE(Delete().ok());
  Client client(api());
  EXPECT_EQ(GetErrorReason(client.OpenA()), "SESSION_DELETED");
}

TEST_F(StepStreamTest, ACancelledCallMakesNoSteps) {
  bool cancelled = false;
  Call call;
  call.cancelled = [&cancelled] { return cancelled; };
  Client client(api(), call);
  ASSERT_TRUE(client.OpenA().ok());
  cancelled = true;
  client.SendStep({1});
  EXPECT_EQ(client.outcome(1).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(NextStep(), 0);
}

class LimitedStreamTest : public StepStreamTest {
 protected:
  LimitedStreamTest()
      : StepStreamTest({.limits = {.max_steps_per_request = 5, .max_streams = 2},
                        .sessions = {},
                        .models = {},
                        .scheduler = {.worker_count = 1, .max_queued_steps_per_session = 4}}) {}
};

TEST_F(LimitedStreamTest, OneStreamTooManyIsRefusedUntilAnotherCloses) {
  Client first(api());
  Client second(api());
  Client third(api());
  ASSERT_TRUE(first.OpenA().ok());
  ASSERT_TRUE(second.OpenA().ok());
  const absl::Status status = third.OpenA();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorReason(status), "STREAM_LIMIT");
  EXPECT_EQ(MetadataOf(status, "limit"), "2");
  EXPECT_THAT(second.ends(), IsEmpty()) << "not taken over";
  first.Close();
  first.Close();
  Client fourth(api());
  EXPECT_TRUE(fourth.OpenA().ok());
  Client fifth(api());
  EXPECT_EQ(GetErrorReason(fifth.OpenA()), "STREAM_LIMIT");
}

TEST_F(LimitedStreamTest, TooManyStepsInAMessageEndTheStream) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep(std::vector<double>(6));
  EXPECT_EQ(client.Reasons().back(), "STEP_COUNT_LIMIT");
}

TEST_F(LimitedStreamTest, AFullQueueEndsTheStreamBehindWhatWaits) {
  Client client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({1, 1, 1});
    client.SendStep({1, 1});
    client.SendStep({1});
    EXPECT_EQ(client.answer_count(), 1);
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "STEP_QUEUE_LIMIT", "STEP_QUEUE_LIMIT"));
  EXPECT_EQ(NextStep(), 3);
}

}  // namespace
}  // namespace cellar
