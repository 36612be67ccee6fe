#include "server/api/step_stream.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/stream_client.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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
    return fixture_.Await(DeleteSession, request).status();
  }
  int64_t NextStep() { return fixture_.Get("a").next_step(); }

  ApiFixture fixture_;
};

TEST_F(StepStreamTest, AStreamOpensWhereTheSessionIs) {
  ASSERT_TRUE(UnaryStep({0, 0}).ok());
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  EXPECT_EQ(client.opened().session(), "sessions/a");
  EXPECT_EQ(client.opened().next_step(), 2);
  EXPECT_EQ(client.opened().durable_step(), 0);
  EXPECT_EQ(client.opened().server_epoch(), api().sessions.epoch());
}

TEST_F(StepStreamTest, TheHomeworkComesOutStepByStep) {
  StreamClient client(api());
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
  StreamClient client(api());
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
  StreamClient client(api());
  client.Open(request);
  client.SendStep({0, 0, 1});
  client.SendStep({1, 1});
  for (const size_t i : {1, 2}) {
    EXPECT_THAT(client.step(i).trace().layers(0).c().shape(), ElementsAre(1, 1));
    EXPECT_EQ(client.step(i).trace().outputs().raw().size(), 4);
  }
}

TEST_F(StepStreamTest, WithoutAnEncodingEachAnswerIsEncodedAsItsMessage) {
  StreamClient client(api());
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
    StreamClient client(api());
    ASSERT_TRUE(client.OpenA().ok());
    for (const double x : {0, 0, 1}) client.SendStep({x});
    for (const size_t i : {1, 2, 3}) answers.push_back(client.step(i));
  }
  StreamClient client(api());
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
  StreamClient gap(api());
  EXPECT_EQ(GetErrorReason(gap.OpenA(6)), "STEP_GAP");
  EXPECT_EQ(MetadataOf(gap.outcome(0), "next_step"), "5");
  EXPECT_EQ(MetadataOf(gap.outcome(0), "server_epoch"), api().sessions.epoch());
  StreamClient old(api());
  EXPECT_EQ(GetErrorReason(old.OpenA(1)), "STEP_TOO_OLD");
  EXPECT_EQ(MetadataOf(old.outcome(0), "oldest_step"), "2");
  StreamClient negative(api());
  EXPECT_THAT(ViolatedFields(negative.OpenA(-1)), ElementsAre("open.resume_from"));
  EXPECT_EQ(fixture_.Get("a").SerializeAsString(), before);
  StreamClient oldest(api());
  EXPECT_TRUE(oldest.OpenA(2).ok());
}

TEST_F(StepStreamTest, AForeignStepInBetweenIsAConflict) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({0});
  ASSERT_TRUE(UnaryStep({1}).ok());
  client.SendStep({0});
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "STEP_CONFLICT"));
  EXPECT_EQ(MetadataOf(client.outcome(2), "next_step"), "2");
}

TEST_F(StepStreamTest, AnExplicitIndexSetsThePosition) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({0, 1});
  client.SendStep({1}, 1);
  client.SendStep({1});
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "", ""));
  EXPECT_EQ(client.step(2).first_step(), 1);
  EXPECT_EQ(client.step(3).first_step(), 2);
}

TEST_F(StepStreamTest, TheLargestIndexIsAGapLikeAnyOther) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    client.SendStep({0, 1}, std::numeric_limits<int64_t>::max());
    client.SendStep({0});
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "STEP_GAP", "STEP_GAP"));
  EXPECT_EQ(MetadataOf(client.outcome(1), "server_epoch"), api().sessions.epoch());
}

TEST_F(StepStreamTest, MessagesOutOfOrderAreRefused) {
  v1::StreamStepsRequest step;
  *step.mutable_step()->mutable_inputs() = ValuesOf({1});
  v1::StreamStepsRequest open;
  open.mutable_open()->set_session("sessions/a");
  StreamClient step_first(api());
  step_first.Open(step);
  EXPECT_THAT(ViolatedFields(step_first.outcome(0)), ElementsAre("part"));
  StreamClient nothing_first(api());
  nothing_first.Open({});
  EXPECT_THAT(ViolatedFields(nothing_first.outcome(0)), ElementsAre("part"));
  StreamClient open_twice(api());
  open_twice.Open(open);
  open_twice.Send(open);
  EXPECT_THAT(ViolatedFields(open_twice.outcome(1)), ElementsAre("part"));
  StreamClient nothing_second(api());
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
  StreamClient client(api());
  client.Open(request);
  EXPECT_THAT(ViolatedFields(client.outcome(0)),
              ElementsAre("open.session", "open.view", "open.density", "open.encoding",
                          "open.resume_from"));
  client.Close();
  EXPECT_EQ(api().open_streams.total(), 0);
}

TEST_F(StepStreamTest, EveryViolationOfAStepIsReportedAtOnce) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep({}, -1);
  EXPECT_THAT(ViolatedFields(client.outcome(1)), ElementsAre("step.step_index", "step.inputs"));
}

TEST_F(StepStreamTest, ASessionThatIsNotThereIsToldWhy) {
  ASSERT_TRUE(Delete().ok());
  StreamClient client(api());
  EXPECT_EQ(GetErrorReason(client.OpenA()), "SESSION_DELETED");
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
  StreamClient first(api());
  StreamClient second(api());
  StreamClient third(api());
  ASSERT_TRUE(first.OpenA().ok());
  ASSERT_TRUE(second.OpenA().ok());
  const absl::Status status = third.OpenA();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(GetErrorReason(status), "STREAM_LIMIT");
  EXPECT_EQ(MetadataOf(status, "limit"), "2");
  EXPECT_THAT(second.ends(), IsEmpty()) << "not taken over";
  first.Close();
  first.Close();
  StreamClient fourth(api());
  EXPECT_TRUE(fourth.OpenA().ok());
  StreamClient fifth(api());
  EXPECT_EQ(GetErrorReason(fifth.OpenA()), "STREAM_LIMIT");
}

TEST_F(LimitedStreamTest, StreamsThatNameNoSessionCountToo) {
  const StreamClient first(api());
  StreamClient second(api());
  StreamClient third(api());
  EXPECT_EQ(GetErrorReason(third.OpenA()), "STREAM_LIMIT");
  second.Close();
  StreamClient fourth(api());
  EXPECT_TRUE(fourth.OpenA().ok());
}

TEST_F(LimitedStreamTest, TooManyStepsInAMessageEndTheStream) {
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  client.SendStep(std::vector<double>(6));
  EXPECT_EQ(client.Reasons().back(), "STEP_COUNT_LIMIT");
}

TEST_F(LimitedStreamTest, AFullQueueEndsTheStreamBehindWhatWaits) {
  StreamClient client(api());
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

// There is room for two answers to that many steps.
class StreamInScarceRoomTest : public StepStreamTest {
 protected:
  StreamInScarceRoomTest() : StepStreamTest({.limits = {.max_call_bytes = 170'000}}) {}

  static constexpr int64_t kManySteps = 10'000;
};

TEST_F(StreamInScarceRoomTest, AStepWhoseLongAnswerHasNoRoomEndsTheStreamBehindTheOthers) {
  const std::vector<double> inputs(kManySteps, 1);
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    for (int k = 0; k < 3; ++k) client.SendStep(inputs);
    client.SendStep({1});
    EXPECT_EQ(api().scheduler.Look().queued_steps, 2 * kManySteps);
  }
  EXPECT_THAT(client.Reasons(), ElementsAre("", "", "", "CALL_BYTES_LIMIT", "CALL_BYTES_LIMIT"));
  EXPECT_EQ(NextStep(), 2 * kManySteps);
  EXPECT_EQ(api().call_bytes.total(), 0);
}

TEST_F(StreamInScarceRoomTest, WhatACallHoldsAnywayIsForAllOfItsStepsTogether) {
  constexpr int64_t kSteps = 2'000;  // an answer of nearly kLeastCallBytes
  StreamClient client(api());
  ASSERT_TRUE(client.OpenA().ok());
  {
    TurnBlocker blocker(api(), "sessions/a");
    for (int k = 0; k < kMostWaitingSteps; ++k) client.SendStep(std::vector<double>(kSteps, 1));
    EXPECT_GT(api().call_bytes.total(), kMostWaitingSteps * 8 * kSteps - kLeastCallBytes);
  }
  EXPECT_EQ(NextStep(), kMostWaitingSteps * kSteps);
  EXPECT_EQ(api().call_bytes.total(), 0);
}

}  // namespace
}  // namespace cellar
