#include "server/rpc/step_stream_reactor.h"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/puppet_stream_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

v1::StreamStepsRequest Numbered(int64_t index) {
  v1::StreamStepsRequest message = StepMessage(0);
  message.mutable_step()->set_step_index(index);
  return message;
}

absl::Status AbortedFor(const std::string& reason) {
  ErrorDetail detail;
  detail.reason = reason;
  return MakeError(absl::StatusCode::kAborted, reason, detail);
}

// A client's stream that stands, and its puppet.
class StepStreamReactorTest : public testing::Test {
 protected:
  void Open() {
    stream = server.stub().StreamSteps(&context);
    ASSERT_TRUE(stream->Write(OpenMessage("sessions/a")));
    puppet = server.AwaitStream();
    puppet->AwaitMessages(1);
    puppet->Answer();
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_TRUE(answer.has_opened());
  }

  // Sends steps first..last and waits until the puppet has them.
  void Send(int64_t first, int64_t last) {
    for (int64_t i = first; i <= last; ++i) ASSERT_TRUE(stream->Write(Numbered(i)));
    puppet->AwaitMessages(1 + last);
  }

  void ExpectAnswer(int64_t index) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.step().first_step(), index);
  }

  grpc::Status End() {
    EXPECT_FALSE(stream->Read(&answer));
    return stream->Finish();
  }

  PuppetStreamServer server;
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamStepsRequest, v1::StreamStepsResponse>> stream;
  std::shared_ptr<PuppetStepStream> puppet;
  v1::StreamStepsResponse answer;
};

TEST_F(StepStreamReactorTest, AnswersInOrderAndEndsWhenTheClientCloses) {
  Open();
  Send(1, 3);
  for (int i = 1; i <= 3; ++i) {
    puppet->Answer();
    ExpectAnswer(i);
  }
  stream->WritesDone();
  EXPECT_TRUE(End().ok());
  server.AwaitEnd();
  EXPECT_TRUE(puppet->closed());
}

TEST_F(StepStreamReactorTest, AStreamThatCannotBeMadeIsRefusedBeforeItSaysAnything) {
  server.Refuse(Failure("STREAM_LIMIT"));
  stream = server.stub().StreamSteps(&context);
  EXPECT_EQ(SentReason(End()), "STREAM_LIMIT");
}

TEST_F(StepStreamReactorTest, AStreamIsChargedFromItsStartAndGivesItAllBack) {
  stream = server.stub().StreamSteps(&context);
  server.AwaitStream();
  EXPECT_GT(server.api().call_bytes.total(), 0);
  stream->WritesDone();
  End();
  server.AwaitEnd();
  EXPECT_EQ(server.api().call_bytes.total(), 0);
}

TEST_F(StepStreamReactorTest, AnswersWhatIsOutstandingWhenTheClientHasClosed) {
  Open();
  Send(1, 2);
  stream->WritesDone();
  puppet->Answer();
  puppet->Answer();
  ExpectAnswer(1);
  ExpectAnswer(2);
  EXPECT_TRUE(End().ok());
}

TEST_F(StepStreamReactorTest, HandsOverNothingBehindOpenBeforeItIsAnswered) {
  stream = server.stub().StreamSteps(&context);
  stream->Write(OpenMessage("sessions/a"));
  stream->Write(Numbered(1));
  stream->WritesDone();
  puppet = server.AwaitStream();
  puppet->AwaitMessages(1);
  EXPECT_EQ(puppet->unanswered(), 1);
  puppet->Answer(AbortedFor("SESSION_NOT_FOUND"));
  EXPECT_EQ(SentReason(End()), "SESSION_NOT_FOUND");
  EXPECT_EQ(puppet->messages(), 1);
}

TEST_F(StepStreamReactorTest, HandsOverOnlySoManyUnansweredSteps) {
  Open();
  for (int i = 1; i <= 20; ++i) ASSERT_TRUE(stream->Write(Numbered(i)));
  const int64_t most = StepStreamFlow::Limits().max_unanswered;
  for (int i = 1; i <= 20; ++i) {
    puppet->AwaitMessages(1 + i);
    EXPECT_LE(puppet->unanswered(), most);
    puppet->Answer();
    ExpectAnswer(i);
  }
  stream->WritesDone();
  EXPECT_TRUE(End().ok());
}

TEST_F(StepStreamReactorTest, ReadsNoFasterThanTheClientDrains) {
  Open();
  constexpr size_t kAnswerBytes = 64 * 1024;
  constexpr int kMessages = 400;
  puppet->AnswerByItself(kAnswerBytes);
  std::thread writer([&] {
    for (int i = 1; i <= kMessages; ++i) stream->Write(Numbered(i));
    stream->WritesDone();
  });
  // Until the limit on bytes is reached messages are taken though no answer is read.
  const int64_t limit = StepStreamFlow::Limits().max_bytes / kAnswerBytes;
  puppet->AwaitMessages(1 + limit);
  // What the transport may hold besides: a few answers in either end's buffers.
  const int64_t most_ahead = limit + 16;
  for (int i = 1; i <= kMessages; ++i) {
    EXPECT_LE(puppet->messages() - i, most_ahead) << i;
    ASSERT_TRUE(stream->Read(&answer));
  }
  writer.join();
  EXPECT_TRUE(End().ok());
}

TEST_F(StepStreamReactorTest, WritesTheAnswersBeforeTheFirstFailure) {
  Open();
  Send(1, 3);
  puppet->Answer();
  puppet->Answer(AbortedFor("STEP_CONFLICT"));
  puppet->Answer(AbortedFor("STEP_CONFLICT"));
  ExpectAnswer(1);
  const grpc::Status status = End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(SentReason(status), "STEP_CONFLICT");
}

TEST_F(StepStreamReactorTest, EndsWhenTheSessionSaysSo) {
  Open();
  Send(1, 1);
  puppet->End(AbortedFor("SESSION_TAKEN_OVER"));
  puppet->Answer();
  ExpectAnswer(1);
  EXPECT_EQ(SentReason(End()), "SESSION_TAKEN_OVER");
  server.AwaitEnd();
  EXPECT_TRUE(puppet->closed());
  puppet->End(AbortedFor("LATE"));  // the call is gone: nothing happens
}

TEST_F(StepStreamReactorTest, DrainAnswersWhatWasTakenAndEnds) {
  Open();
  Send(1, 2);
  server.admission().StartDraining();
  puppet->Answer();
  puppet->Answer();
  ExpectAnswer(1);
  ExpectAnswer(2);
  stream->Write(Numbered(3));
  const grpc::Status status = End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(SentReason(status), "DRAINING");
  EXPECT_EQ(puppet->messages(), 3);  // open and two steps: the third was not taken
}

TEST_F(StepStreamReactorTest, IsNotLetInWhileDraining) {
  server.admission().StartDraining();
  stream = server.stub().StreamSteps(&context);
  EXPECT_EQ(SentReason(End()), "DRAINING");
}

TEST_F(StepStreamReactorTest, ALateAnswerAfterTheClientHasGoneIsSafe) {
  Open();
  Send(1, 2);
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  while (!puppet->cancelled()) std::this_thread::yield();
  EXPECT_EQ(server.admission().inside(), 1);  // two steps are out
  puppet->Answer();
  puppet->Answer(AbortedFor("STEP_GAP"));
  server.AwaitEnd();
  EXPECT_TRUE(puppet->closed());
}

TEST_F(StepStreamReactorTest, AClientThatGoesHasNotClosed) {
  Open();
  context.TryCancel();
  EXPECT_EQ(server.AwaitBookedCode(), "CANCELLED");
}

TEST_F(StepStreamReactorTest, NorHasOneWhoseLastAnswerWentAlongWithARead) {
  Open();
  Send(1, 1);
  puppet->Answer();
  ExpectAnswer(1);
  context.TryCancel();
  EXPECT_EQ(server.AwaitBookedCode(), "CANCELLED");
}

// gRPC tells the client by itself.
TEST_F(StepStreamReactorTest, ADeadlineThatPassesIsBookedAsThat) {
  const auto deadline = std::chrono::system_clock::now() + std::chrono::milliseconds(500);
  server.clock().Advance(absl::FromChrono(deadline) - FakeClock::Start() + absl::Seconds(1));
  context.set_deadline(deadline);
  stream = server.stub().StreamSteps(&context);
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(server.AwaitBookedCode(), "DEADLINE_EXCEEDED");
}

TEST_F(StepStreamReactorTest, AClientThatGoesBeforeItsFirstMessageLeavesNothing) {
  stream = server.stub().StreamSteps(&context);
  puppet = server.AwaitStream();
  context.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  server.AwaitEnd();
  EXPECT_EQ(puppet->messages(), 0);
}

TEST_F(StepStreamReactorTest, RefusesAStreamWithoutAMessage) {
  stream = server.stub().StreamSteps(&context);
  stream->WritesDone();
  EXPECT_EQ(SentReason(End()), "BAD_REQUEST");
}

}  // namespace
}  // namespace cellar
