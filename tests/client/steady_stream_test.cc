#include "client/steady_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "client/call_status.h"
#include "client/tensor.h"
#include "tests/client/fake_session_service.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const grpc::Status kGone(grpc::StatusCode::UNAVAILABLE, "gone");

class SteadyStreamTest : public ::testing::Test {
 protected:
  SteadyStreamTest() : stub_(v1::SessionService::NewStub(server_.channel)) {
    options_.session = "sessions/a";
    options_.max_unanswered = 3;
    options_.sleep = [this](absl::Duration delay) { sleeps_.push_back(delay); };
  }

  std::unique_ptr<SteadyStream> Open() {
    auto stream = SteadyStream::Open(*stub_, options_);
    EXPECT_TRUE(stream.ok()) << stream.status();
    return stream.ok() ? *std::move(stream) : nullptr;
  }

  // Sends all inputs, as far ahead as is allowed, and returns the outputs, or the first failure.
  static absl::StatusOr<std::vector<double>> Pump(SteadyStream& stream,
                                                  const std::vector<double>& inputs) {
    std::vector<double> outputs;
    size_t sent = 0;
    while (sent < inputs.size() || stream.unanswered() > 0) {
      if (sent < inputs.size() && stream.CanSend()) {
        stream.Send(MakeTensor({inputs[sent++]}));
        continue;
      }
      const absl::StatusOr<v1::StepResponse> answer = stream.Receive();
      if (!answer.ok()) return answer.status();
      outputs.push_back(answer->trace().outputs().values(0));
    }
    return outputs;
  }

  FakeServer server_;
  std::unique_ptr<v1::SessionService::Stub> stub_;
  SteadyStreamOptions options_;
  std::vector<absl::Duration> sleeps_;
};

TEST_F(SteadyStreamTest, AnswersComeInTheOrderOfTheInputs) {
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 3, 6, 10, 15));
  EXPECT_EQ(stream->next_step(), 5);
  EXPECT_TRUE(stream->Close().ok());
  EXPECT_EQ(server_.service.stream_count(), 1);
}

TEST_F(SteadyStreamTest, NoMoreInputsThanAllowedGoAhead) {
  const auto stream = Open();
  for (int i = 0; i < 3; ++i) stream->Send(MakeTensor({1}));
  EXPECT_FALSE(stream->CanSend());
  ASSERT_TRUE(stream->Receive().ok());
  EXPECT_TRUE(stream->CanSend());
}

TEST_F(SteadyStreamTest, AStepWhoseAnswerWasLostIsAnsweredAgainAndNotMadeTwice) {
  server_.service.FailStreams({{.after_steps = 1, .apply_one = true, .status = kGone}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 3, 6, 10));
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(stream->reconnect_count(), 1);
}

TEST_F(SteadyStreamTest, SomebodyIsToldOnceThatTheServerIsWaitedForAndThatItIsBack) {
  server_.service.FailStreams({{.after_steps = 1, .status = kGone},
                               {.after_steps = 0, .status = kGone},
                               {.after_steps = 1, .status = kGone}});
  std::vector<std::string> told;
  options_.waiting = {.begins = [&] { told.emplace_back("away"); },
                      .ends = [&] { told.emplace_back("back"); }};
  const auto stream = Open();
  EXPECT_THAT(told, IsEmpty());
  ASSERT_TRUE(Pump(*stream, {1, 2, 3}).ok());
  ASSERT_GE(told.size(), 2U);
  EXPECT_EQ(told.size() % 2, 0U);
  for (size_t i = 0; i < told.size(); ++i) EXPECT_EQ(told[i], i % 2 == 0 ? "away" : "back");
}

TEST_F(SteadyStreamTest, ALimitThatPassesIsNotAServerThatIsAway) {
  server_.service.FailStreams(
      {{.after_steps = 1,
        .status = CellarStatus(grpc::StatusCode::RESOURCE_EXHAUSTED, "STEP_QUEUE_LIMIT")}});
  options_.waiting.begins = [] { FAIL() << "it is there"; };
  const auto stream = Open();
  ASSERT_TRUE(Pump(*stream, {1, 2}).ok());
}

TEST_F(SteadyStreamTest, WhoeverWaitsMayEndTheWait) {
  server_.service.FailStreams({{.after_steps = 1, .status = kGone},
                               {.after_steps = 0, .status = kGone},
                               {.after_steps = 0, .status = kGone}});
  bool over = false;
  options_.waiting.begins = [&] { over = true; };
  options_.waiting.is_over = [&] { return over; };
  const auto stream = Open();
  const absl::Status status = Pump(*stream, {1, 2, 3}).status();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_THAT(sleeps_, IsEmpty());
  EXPECT_EQ(stream->reconnect_count(), 1) << "the try that was due is the last";
}

TEST_F(SteadyStreamTest, AStepThatWasNeverMadeIsSentAgain) {
  server_.service.FailStreams({{.after_steps = 2, .status = kGone}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 3, 6, 10));
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2, 3, 4));
}

TEST_F(SteadyStreamTest, EveryCodeOfABrokenConnectionIsResumed) {
  for (const auto code :
       {grpc::StatusCode::UNAVAILABLE, grpc::StatusCode::INTERNAL, grpc::StatusCode::CANCELLED}) {
    FakeServer server;
    server.service.FailStreams({{.after_steps = 0, .status = grpc::Status(code, "cut")}});
    const auto stub = v1::SessionService::NewStub(server.channel);
    auto stream = SteadyStream::Open(*stub, options_);
    ASSERT_TRUE(stream.ok());
    const auto outputs = Pump(**stream, {7});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_THAT(*outputs, ElementsAre(7));
  }
}

TEST_F(SteadyStreamTest, AStreamThatEndsInGoodOrderWithAnswersDueIsResumed) {
  // The fake ends a faulty stream with its status; DRAINING is how a server says good-bye.
  server_.service.FailStreams(
      {{.after_steps = 1, .status = CellarStatus(grpc::StatusCode::UNAVAILABLE, "DRAINING")}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 1});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 2));
}

TEST_F(SteadyStreamTest, AnErrorOfTheServersOwnIsNotRetried) {
  server_.service.FailStreams(
      {{.after_steps = 1, .status = CellarStatus(grpc::StatusCode::INTERNAL, "INTERNAL")}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2});
  EXPECT_TRUE(absl::IsInternal(outputs.status())) << outputs.status();
  EXPECT_EQ(GetCallError(outputs.status()).reason, "INTERNAL");
  EXPECT_THAT(sleeps_, IsEmpty());
  EXPECT_EQ(stream->Receive().status(), outputs.status()) << "the end is final";
}

TEST_F(SteadyStreamTest, StepsThatTheServerLostAreMadeAgainAndAnsweredOnce) {
  server_.service.FailStreams({{.after_steps = 4, .status = kGone, .lost_steps = 3}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 3, 6, 10, 15, 21));
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(SteadyStreamTest, StepsLostTogetherWithTheAnswerToOneAreMadeAgain) {
  server_.service.FailStreams(
      {{.after_steps = 4, .apply_one = true, .status = kGone, .lost_steps = 2}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 3, 6, 10, 15, 21));
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(SteadyStreamTest, ACrashWhileLostStepsAreMadeAgainIsSurvivedToo) {
  server_.service.FailStreams({{.after_steps = 4, .status = kGone, .lost_steps = 4},
                               {.after_steps = 0, .status = kGone},
                               {.after_steps = 2, .status = kGone, .lost_steps = 1},
                               {.after_steps = 0, .status = kGone},
                               {.after_steps = 1, .status = kGone}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5, 6});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 3, 6, 10, 15, 21));
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(SteadyStreamTest, StepsThatSomebodyTookBackStayTakenBack) {
  const auto stream = Open();
  ASSERT_TRUE(Pump(*stream, {1, 2, 3}).ok());
  server_.service.TakeBackSteps(2);
  const auto outputs = Pump(*stream, {4});
  EXPECT_EQ(GetCallError(outputs.status()).reason, "STEP_GAP") << outputs.status();
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1));
}

TEST_F(SteadyStreamTest, StepsTakenBackJustWhenTheConnectionBrokeStayTakenBackToo) {
  server_.service.FailStreams({{.after_steps = 4, .status = kGone, .taken_back_steps = 2}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5});
  EXPECT_TRUE(absl::IsOutOfRange(outputs.status())) << outputs.status();
  EXPECT_EQ(GetCallError(outputs.status()).reason, "STEP_GAP");
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2));
}

TEST_F(SteadyStreamTest, StepsTakenBackAfterACrashWasHealedStayTakenBack) {
  server_.service.FailStreams({{.after_steps = 4, .status = kGone, .lost_steps = 3},
                               {},  // tells that they are missing
                               {.after_steps = 2, .status = kGone, .taken_back_steps = 1}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5});
  EXPECT_EQ(GetCallError(outputs.status()).reason, "STEP_GAP") << outputs.status();
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2));
}

TEST_F(SteadyStreamTest, DurableStepsAreNotKept) {
  server_.service.SetDurableStep(3);
  server_.service.FailStreams({{.after_steps = 4, .status = kGone, .lost_steps = 2}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5});
  EXPECT_EQ(GetCallError(outputs.status()).reason, "STEP_GAP") << "it lost what it called durable";
}

TEST_F(SteadyStreamTest, KeepsNoMoreThanItMay) {
  options_.max_kept_bytes = 0;
  server_.service.FailStreams({{.after_steps = 4, .status = kGone, .lost_steps = 1}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 2, 3, 4, 5});
  EXPECT_EQ(GetCallError(outputs.status()).reason, "STEP_GAP");
}

TEST_F(SteadyStreamTest, AServerThatMakesLostStepsOtherwiseThanBeforeIsFoundOut) {
  server_.service.FailStreams({{.after_steps = 4, .status = kGone, .lost_steps = 2}});
  const auto stream = Open();
  ASSERT_TRUE(Pump(*stream, {1, 2, 3, 4}).ok());
  server_.service.SetDrift(0.5);
  const auto outputs = Pump(*stream, {5});
  EXPECT_TRUE(absl::IsInternal(outputs.status())) << outputs.status();
  EXPECT_NE(outputs.status().message().find("another state after step 2"), std::string::npos)
      << outputs.status();
}

TEST_F(SteadyStreamTest, GivesUpWhenThePolicyIsUsedUp) {
  options_.retry.max_attempts = 3;
  server_.service.FailStreams({{.after_steps = 0, .status = kGone},
                               {.after_steps = -1, .status = kGone},
                               {.after_steps = -1, .status = kGone},
                               {.after_steps = -1, .status = kGone}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1});
  EXPECT_TRUE(absl::IsUnavailable(outputs.status())) << outputs.status();
  EXPECT_THAT(sleeps_, SizeIs(2)) << "tries 2 and 3";
  EXPECT_EQ(server_.service.stream_count(), 3);
}

TEST_F(SteadyStreamTest, AnAnswerRenewsThePatience) {
  options_.retry.max_attempts = 2;
  server_.service.FailStreams({{.after_steps = 1, .status = kGone},
                               {.after_steps = 1, .status = kGone},
                               {.after_steps = 1, .status = kGone}});
  const auto stream = Open();
  const auto outputs = Pump(*stream, {1, 1, 1, 1});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(stream->reconnect_count(), 3);
}

TEST_F(SteadyStreamTest, OpeningIsRetried) {
  server_.service.FailStreams({{.after_steps = -1, .status = kGone}});
  EXPECT_NE(Open(), nullptr);
  EXPECT_THAT(sleeps_, SizeIs(1));
}

TEST_F(SteadyStreamTest, OpeningARefusedSessionFailsAtOnce) {
  server_.service.FailStreams(
      {{.after_steps = -1,
        .status = CellarStatus(grpc::StatusCode::NOT_FOUND, "SESSION_EXPIRED")}});
  const auto stream = SteadyStream::Open(*stub_, options_);
  EXPECT_TRUE(absl::IsNotFound(stream.status())) << stream.status();
  EXPECT_EQ(GetCallError(stream.status()).reason, "SESSION_EXPIRED");
  EXPECT_THAT(sleeps_, IsEmpty());
}

TEST_F(SteadyStreamTest, ResumesFromAnEarlierStepOfTheSession) {
  ASSERT_TRUE(Pump(*Open(), {1, 2, 3}).ok());
  options_.resume_from = 1;
  const auto stream = Open();
  EXPECT_EQ(stream->next_step(), 1);
  const auto outputs = Pump(*stream, {2, 3, 4});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(*outputs, ElementsAre(3, 6, 10));
  EXPECT_THAT(server_.service.inputs(), ElementsAre(1, 2, 3, 4));
}

TEST_F(SteadyStreamTest, AForeignStepInBetweenIsAConflictAndNotOverwritten) {
  const auto stream = Open();
  ASSERT_TRUE(Pump(*Open(), {9}).ok());
  const auto outputs = Pump(*stream, {1});
  EXPECT_TRUE(absl::IsAborted(outputs.status())) << outputs.status();
  EXPECT_THAT(server_.service.inputs(), ElementsAre(9));
}

TEST_F(SteadyStreamTest, MessagesOfManyStepsAreResumedToo) {
  server_.service.FailStreams({{.after_steps = 1, .apply_one = true, .status = kGone}});
  const auto stream = Open();
  stream->Send(MakeTensor({1, 2}));
  stream->Send(MakeTensor({3, 4, 5}));
  ASSERT_TRUE(stream->Receive().ok());
  const auto answer = stream->Receive();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->first_step(), 2);
  EXPECT_EQ(answer->trace().outputs().values(0), 15);
  EXPECT_EQ(stream->next_step(), 5);
}

}  // namespace
}  // namespace cellar
