// A client that sends on and on, and takes no answer: then what it is owed fills all that the
// transport has room for, and an answer waits there together with the next read. How such a stream
// ends.
#include <cstdint>
#include <memory>
#include <thread>

#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/puppet_stream_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

// As large as answers are that go along with a read, or almost. HTTP/2 has room for 64 KiB.
constexpr size_t kAnswerBytes = 1000;
constexpr int64_t kAnswersUnderWay = 64;

class BlockedStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    stream_ = server_.stub().StreamSteps(&context_);
    ASSERT_TRUE(stream_->Write(OpenMessage("sessions/a")));
    puppet_ = server_.AwaitStream();
    puppet_->AwaitMessages(1);
    puppet_->AnswerByItself(kAnswerBytes);
    puppet_->Answer();
    writer_ = std::thread([this] {
      v1::StreamStepsRequest message = StepMessage(0);
      do {
        message.mutable_step()->set_step_index(message.step().step_index() + 1);
      } while (stream_->Write(message));
    });
    puppet_->AwaitMessages(1 + kAnswersUnderWay + 1);  // that of open, and one that has no room
  }
  void TearDown() override {
    context_.TryCancel();
    writer_.join();
  }

  // Reads all answers, which are those to all messages that were taken, and how the stream ends.
  grpc::Status ReadToTheEnd() {
    v1::StreamStepsResponse answer;
    EXPECT_TRUE(stream_->Read(&answer) && answer.has_opened());
    int64_t count = 1;
    for (; stream_->Read(&answer); ++count) EXPECT_EQ(answer.step().first_step(), count);
    const grpc::Status status = stream_->Finish();
    EXPECT_EQ(count, puppet_->messages());
    EXPECT_EQ(count, 1 + kAnswersUnderWay + 1);  // the last one has not let another message in
    EXPECT_TRUE(puppet_->closed());
    return status;
  }

  PuppetStreamServer server_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::StreamStepsRequest, v1::StreamStepsResponse>>
      stream_;
  std::shared_ptr<PuppetStepStream> puppet_;
  std::thread writer_;
};

TEST_F(BlockedStreamTest, IsTakenOver) {
  ErrorDetail detail;
  detail.reason = "SESSION_TAKEN_OVER";
  puppet_->End(MakeError(absl::StatusCode::kAborted, "taken over", detail));
  EXPECT_EQ(SentReason(ReadToTheEnd()), "SESSION_TAKEN_OVER");
  EXPECT_EQ(server_.AwaitBookedCode(), "ABORTED");
}

TEST_F(BlockedStreamTest, EndsInADrain) {
  server_.admission().StartDraining();
  EXPECT_EQ(SentReason(ReadToTheEnd()), "DRAINING");
  EXPECT_TRUE(server_.admission().AwaitEmpty(absl::InfiniteDuration()));
}

TEST_F(BlockedStreamTest, EndsWithItsClient) {
  context_.TryCancel();
  EXPECT_EQ(server_.AwaitBookedCode(), "CANCELLED");
  EXPECT_EQ(stream_->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(puppet_->closed());
}

TEST_F(BlockedStreamTest, EndsWithTheServer) {
  server_.Shutdown();  // comes back
  EXPECT_EQ(server_.admission().inside(), 0);
  EXPECT_TRUE(puppet_->closed());
  EXPECT_EQ(server_.AwaitBookedCode(), "CANCELLED");
}

}  // namespace
}  // namespace cellar
