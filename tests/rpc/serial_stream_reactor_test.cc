#include "server/rpc/serial_stream_reactor.h"

#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/exercise_message.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/queue_server.h"
#include "tests/testing/raw_call.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

v1::GradeStreamRequest Opening() {
  v1::GradeStreamRequest request;
  *request.mutable_open()->mutable_inline_exercise() = HomeworkMessage();
  return request;
}

v1::GradeStreamRequest Submit(const std::string& id, const std::string& text) {
  v1::GradeStreamRequest request;
  request.mutable_submission()->set_id(id);
  request.mutable_submission()->set_text(text);
  return request;
}

// A stream that is ended by force if a test fails in its middle.
class Stream {
 public:
  explicit Stream(InProcessServer& server) : stream_(server.gradings().GradeStream(&context_)) {}
  ~Stream() { context_.TryCancel(); }

  bool Write(const v1::GradeStreamRequest& request) { return stream_->Write(request); }
  bool Read() { return stream_->Read(&response_); }
  const v1::Verdict& verdict() const { return response_.verdict(); }
  void WritesDone() { stream_->WritesDone(); }
  grpc::Status Finish() { return stream_->Finish(); }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::GradeStreamRequest, v1::GradeStreamResponse>>
      stream_;
  v1::GradeStreamResponse response_;
};

TEST(SerialStreamReactor, AnswersEachSubmissionAtOnceAndInOrder) {
  InProcessServer server;
  Stream stream(server);
  ASSERT_TRUE(stream.Write(Opening()));
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(stream.Write(Submit(absl::StrCat(i), i % 2 == 0 ? kRightText : kWrongText)));
    ASSERT_TRUE(stream.Read());
    EXPECT_EQ(stream.verdict().submission_id(), absl::StrCat(i));
    EXPECT_EQ(stream.verdict().points() == 2, i % 2 == 0);
  }
  stream.WritesDone();
  EXPECT_FALSE(stream.Read());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(SerialStreamReactor, MessagesMayBePipelined) {
  InProcessServer server;
  Stream stream(server);
  constexpr int kCount = 2000;
  std::thread writer([&] {
    ASSERT_TRUE(stream.Write(Opening()));
    for (int i = 0; i < kCount; ++i) {
      ASSERT_TRUE(stream.Write(Submit(absl::StrCat(i), kRightText)));
    }
    stream.WritesDone();
  });
  for (int i = 0; i < kCount; ++i) {
    ASSERT_TRUE(stream.Read());
    ASSERT_EQ(stream.verdict().submission_id(), absl::StrCat(i));
  }
  writer.join();
  EXPECT_FALSE(stream.Read());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(SerialStreamReactor, AnOpeningAloneIsNoError) {
  InProcessServer server;
  Stream stream(server);
  ASSERT_TRUE(stream.Write(Opening()));
  stream.WritesDone();
  EXPECT_FALSE(stream.Read());
  EXPECT_TRUE(stream.Finish().ok());
}

TEST(SerialStreamReactor, NoMessageAtAllIsOne) {
  InProcessServer server;
  Stream stream(server);
  stream.WritesDone();
  EXPECT_FALSE(stream.Read());
  EXPECT_EQ(SentReason(stream.Finish()), "BAD_REQUEST");
}

TEST(SerialStreamReactor, TheFirstErrorEndsTheStreamBehindTheAnswersBeforeIt) {
  InProcessServer server;
  Stream stream(server);
  ASSERT_TRUE(stream.Write(Opening()));
  stream.Write(Submit("a", kRightText));
  stream.Write(v1::GradeStreamRequest());
  stream.Write(Submit("b", kRightText));
  ASSERT_TRUE(stream.Read());
  EXPECT_EQ(stream.verdict().submission_id(), "a");
  EXPECT_FALSE(stream.Read());
  EXPECT_EQ(SentReason(stream.Finish()), "BAD_REQUEST");
}

TEST(SerialStreamReactor, ALongMessageEndsTheStream) {
  Options options;
  options.api.max_message_bytes = 4096;
  InProcessServer server(options);
  Stream stream(server);
  ASSERT_TRUE(stream.Write(Opening()));
  stream.Write(Submit("a", std::string(5000, ' ')));
  EXPECT_FALSE(stream.Read());
  EXPECT_EQ(SentReason(stream.Finish()), "MESSAGE_SIZE_LIMIT");
}

TEST(SerialStreamReactor, StreamsAreCounted) {
  Options options;
  options.api.max_streams = 1;
  InProcessServer server(options);
  {
    Stream stream(server);
    ASSERT_TRUE(stream.Write(Opening()));
    ASSERT_TRUE(stream.Write(Submit("a", kRightText)));
    ASSERT_TRUE(stream.Read());
    Stream second(server);
    EXPECT_FALSE(second.Read());
    EXPECT_EQ(SentReason(second.Finish()), "STREAM_LIMIT");
    stream.WritesDone();
    EXPECT_FALSE(stream.Read());
    ASSERT_TRUE(stream.Finish().ok());
  }
  // The slot is given back when gRPC is done with the call, soon after the client is.
  ASSERT_TRUE(server.environment().Drain(absl::Seconds(30)));
  EXPECT_EQ(server.environment().api().open_streams.total(), 0);
}

TEST(SerialStreamReactor, AMessageThatWaitsBehindAnAnswerNobodyTakesIsCharged) {
  InProcessServer server;
  Stream stream(server);
  ASSERT_TRUE(stream.Write(Opening()));
  ASSERT_TRUE(stream.Write(Submit("a", kRightText)));
  ASSERT_TRUE(stream.Write(Submit("b", std::string(1'000'000, ' '))));
  while (server.api().call_bytes.total() < 1'000'000) std::this_thread::yield();
  stream.Cancel();
  EXPECT_TRUE(server.environment().Drain(absl::Seconds(30)));
  server.api().scheduler.Drain();  // the message is given back by the worker
  EXPECT_EQ(server.api().call_bytes.total(), 0);
}

TEST(SerialStreamReactor, ADrainEndsAnIdleStream) {
  InProcessServer server;
  Stream stream(server);
  ASSERT_TRUE(stream.Write(Opening()));
  ASSERT_TRUE(stream.Write(Submit("a", kRightText)));
  ASSERT_TRUE(stream.Read());
  EXPECT_TRUE(server.environment().Drain(absl::Seconds(30)));
  EXPECT_FALSE(stream.Read());
  EXPECT_EQ(SentReason(stream.Finish()), "DRAINING");
}

// A worker may let go of the reactor after the server has gone.
TEST(SerialStreamReactor, TheServerMayEndRightBehindAStream) {
  for (int i = 0; i < 50; ++i) {
    InProcessServer server;
    Stream stream(server);
    ASSERT_TRUE(stream.Write(Opening()));
    ASSERT_TRUE(stream.Write(Submit("a", kRightText)));
    stream.WritesDone();
    ASSERT_TRUE(stream.Read());
    ASSERT_FALSE(stream.Read());
    ASSERT_TRUE(stream.Finish().ok());
  }
}

TEST(SerialStreamReactor, ACancelledStreamLeavesTheServerEmpty) {
  InProcessServer server;
  for (int i = 0; i < 20; ++i) {
    Stream stream(server);
    ASSERT_TRUE(stream.Write(Opening()));
    ASSERT_TRUE(stream.Write(Submit("a", kRightText)));
    if (i % 2 == 0) {
      ASSERT_TRUE(stream.Read());
    }
    stream.Cancel();
  }
  EXPECT_TRUE(server.environment().Drain(absl::Seconds(30)));
}

using HeldReactor = SerialStreamReactor<v1::GradeStreamRequest, v1::GradeStreamResponse>;

// Work on a message that ends when the test says so.
class HeldWork final : public HeldReactor::Stream {
 public:
  explicit HeldWork(WorkDone& done) : done_(done) {}
  void Take(const v1::GradeStreamRequest&, v1::GradeStreamResponse*, WorkDone done) override {
    done_ = std::move(done);
  }

 private:
  WorkDone& done_;
};

TEST(SerialStreamReactor, AMessageNobodyWillWorkOnIsChargedUntilAWorkerGivesItBack) {
  constexpr int64_t kLong = 1'000'000;
  ApiFixture fixture;
  Api& api = fixture.api();
  const Identities identities("");
  const Authentication authentication(identities, fixture.clock());
  Admission admission(authentication, nullptr);
  RawService service(*v1::GradeStreamRequest::descriptor()->file());
  WorkDone end_work;
  QueueServer server(service, [&](CallQueue& queue) {
    HeldReactor::Wire::Serve(queue, service, "GradeStream", [&](HeldReactor::Wire& wire) {
      return HeldReactor::Start(wire, api, admission,
                                [&](const Call&) { return std::make_unique<HeldWork>(end_work); });
    });
  });
  RawCall call(server.InProcessChannel(), "/cellar.v1.GradingService/GradeStream");
  call.Write("");
  call.Write(Submit("b", std::string(kLong, ' ')).SerializeAsString());
  while (api.call_bytes.total() < kLong) std::this_thread::yield();  // it waits, or is read
  api.scheduler.Drain();
  {
    TurnBlocker blocker(api, "sessions/any");
    end_work(absl::AbortedError("the end"));
    EXPECT_EQ(call.Finish().error_message(), "the end");
    admission.StartDraining();
    EXPECT_TRUE(admission.AwaitEmpty(absl::InfiniteDuration()));
    EXPECT_GE(api.call_bytes.total(), kLong);
  }
  EXPECT_EQ(api.call_bytes.total(), 0);
}

}  // namespace
}  // namespace cellar
