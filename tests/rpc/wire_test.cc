#include "server/rpc/wire.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "cellar/v1/evaluation_service.grpc.pb.h"
#include "cellar/v1/model_service.grpc.pb.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "gmock/gmock.h"
#include "grpcpp/create_channel.h"
#include "gtest/gtest.h"
#include "server/rpc/wires.h"
#include "tests/testing/queue_server.h"

namespace cellar {
namespace {

using testing::ElementsAre;

// Writes down what happens; of one call at a time.
class Reactions : public Reactor {
 public:
  void OnReadDone(bool ok) override { Note(ok ? "read" : "no message"); }
  void OnWriteDone() override { Note("written"); }
  void OnCancel() override { Note("cancelled"); }
  void OnDone() override { Note("done"); }

  void Note(const std::string& what) {
    absl::MutexLock lock(&mutex_);
    reactions_.push_back(what);
  }
  // What has happened, once there is so much of it.
  std::vector<std::string> Await(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return reactions_.size() >= count;
    };
    mutex_.Await(absl::Condition(&enough));
    return reactions_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> reactions_ ABSL_GUARDED_BY(mutex_);
};

TEST(AnswerWire, TakesOneCallAfterAnother) {
  using ThisWire = AnswerWire<v1::GetSessionResponse>;
  // Reads its only message, and answers.
  class Reader final : public Reactions {
   public:
    void Begin(ThisWire& wire) {
      wire_ = &wire;
      wire.Read(&message_);
    }
    void OnReadDone(bool) override {
      v1::GetSessionRequest request;
      EXPECT_TRUE(message_.ReadInto(&request).ok());
      wire_->response()->mutable_session()->set_name(request.name());
      wire_->Finish(request.name() == "bad" ? grpc::Status(grpc::StatusCode::ABORTED, "bad")
                                            : grpc::Status::OK);
    }

   private:
    ThisWire* wire_ = nullptr;
    Incoming message_;
  };
  RawService service(*v1::GetSessionRequest::descriptor()->file());
  Reader reader;
  QueueServer server(service, [&](CallQueue& queue) {
    ThisWire::Serve(queue, service, "GetSession", [&reader](ThisWire& wire) {
      reader.Begin(wire);
      return &reader;
    });
  });
  const auto stub = v1::SessionService::NewStub(server.InProcessChannel());
  for (const std::string name : {"a", "bad", "b"}) {
    v1::GetSessionRequest request;
    request.set_name(name);
    v1::GetSessionResponse response;
    grpc::ClientContext context;
    EXPECT_EQ(stub->GetSession(&context, request, &response).ok(), name != "bad");
    EXPECT_EQ(response.session().name(), name == "bad" ? "" : name);
  }
  EXPECT_THAT(reader.Await(3), ElementsAre("done", "done", "done"));
}

TEST(AnswerWire, ReadsUntilTheClientHasNothingMore) {
  using ThisWire = AnswerWire<v1::UploadModelResponse>;
  // Reads on and on, and answers with what it read.
  class Reader final : public Reactions {
   public:
    void Begin(ThisWire& wire) {
      wire_ = &wire;
      wire.Read(&message_);
    }
    void OnReadDone(bool ok) override {
      Reactions::OnReadDone(ok);
      if (!ok) return wire_->Finish(grpc::Status::OK);
      v1::UploadModelRequest message;
      EXPECT_TRUE(message_.ReadInto(&message).ok());
      wire_->response()->mutable_model()->mutable_name()->append(message.chunk());
      wire_->Read(&message_);
    }

   private:
    ThisWire* wire_ = nullptr;
    Incoming message_;
  };
  RawService service(*v1::UploadModelRequest::descriptor()->file());
  Reader reader;
  QueueServer server(service, [&](CallQueue& queue) {
    ThisWire::Serve(queue, service, "UploadModel", [&reader](ThisWire& wire) {
      reader.Begin(wire);
      return &reader;
    });
  });
  const auto stub = v1::ModelService::NewStub(server.InProcessChannel());
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const auto stream = stub->UploadModel(&context, &response);
  v1::UploadModelRequest message;
  for (const char* chunk : {"a", "b"}) {
    message.set_chunk(chunk);
    ASSERT_TRUE(stream->Write(message));
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(response.model().name(), "ab");
  EXPECT_THAT(reader.Await(4), ElementsAre("read", "read", "no message", "done"));
}

// Reads once each call of `method`, which takes a Request; the test finishes them.
template <class WireOfCall, class Request>
class OneReadTest : public testing::Test {
 protected:
  using ThisWire = WireOfCall;

  explicit OneReadTest(const char* method) : method_(method) {}

  void Serve(CallQueue& queue) {
    ThisWire::Serve(queue, service_, method_, [this](ThisWire& wire) {
      wire.Read(&message_);
      wire_ = &wire;
      reactions_.Note("begun");
      return &reactions_;
    });
  }

  const char* const method_;
  RawService service_{*Request::descriptor()->file()};
  Reactions reactions_;
  Incoming message_;
  ThisWire* wire_ = nullptr;
  QueueServer server_{service_, [this](CallQueue& queue) { Serve(queue); }};
};

class AnswerWireTest
    : public OneReadTest<AnswerWire<v1::UploadModelResponse>, v1::UploadModelRequest> {
 protected:
  AnswerWireTest() : OneReadTest("UploadModel") {}
};

// Over a connection, as gRPC tells the two apart there.
TEST_F(AnswerWireTest, AClientThatGoesHasNotClosed) {
  const auto stub = v1::ModelService::NewStub(
      grpc::CreateChannel(server_.address(), grpc::InsecureChannelCredentials()));
  for (size_t call = 0; call < 20; ++call) {
    grpc::ClientContext context;
    v1::UploadModelResponse response;
    const auto stream = stub->UploadModel(&context, &response);
    reactions_.Await(4 * call + 1);
    context.TryCancel();
    EXPECT_FALSE(stream->Finish().ok());
    const std::vector<std::string> reactions = reactions_.Await(4 * call + 3);
    EXPECT_EQ(reactions[4 * call + 1], "cancelled") << call;
    EXPECT_EQ(reactions[4 * call + 2], "no message") << call;
    wire_->Finish(grpc::Status::OK);
    EXPECT_EQ(reactions_.Await(4 * call + 4).back(), "done");
  }
}

TEST_F(AnswerWireTest, OneThatHasClosedHasNotGone) {
  const auto stub = v1::ModelService::NewStub(
      grpc::CreateChannel(server_.address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const auto stream = stub->UploadModel(&context, &response);
  stream->WritesDone();
  EXPECT_THAT(reactions_.Await(2), ElementsAre("begun", "no message"));
  wire_->Finish(grpc::Status::OK);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(reactions_.Await(3), ElementsAre("begun", "no message", "done"));
}

TEST(StreamWire, WritesAndEndsWithTheLastMessage) {
  using ThisWire = StreamWire<v1::EvaluateResponse>;
  class Writer final : public Reactions {
   public:
    void Begin(ThisWire& wire) {
      wire_ = &wire;
      wire.Read(&request_);
    }
    void OnReadDone(bool ok) override {
      Reactions::OnReadDone(ok);
      wire_->Write(message_);
    }
    void OnWriteDone() override {
      Reactions::OnWriteDone();
      message_.set_sequence_index(1);
      wire_->WriteAndFinish(message_, grpc::Status(grpc::StatusCode::ABORTED, "the end"));
    }

   private:
    ThisWire* wire_ = nullptr;
    Incoming request_;
    v1::EvaluateResponse message_;
  };
  RawService service(*v1::EvaluateRequest::descriptor()->file());
  Writer writer;
  QueueServer server(service, [&](CallQueue& queue) {
    ThisWire::Serve(queue, service, "Evaluate", [&writer](ThisWire& wire) {
      writer.Begin(wire);
      return &writer;
    });
  });
  const auto stub = v1::EvaluationService::NewStub(server.InProcessChannel());
  grpc::ClientContext context;
  const auto stream = stub->Evaluate(&context, {});
  v1::EvaluateResponse message;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(stream->Read(&message));
    EXPECT_EQ(message.sequence_index(), i);
  }
  EXPECT_FALSE(stream->Read(&message));
  EXPECT_EQ(stream->Finish().error_message(), "the end");
  EXPECT_THAT(writer.Await(3), ElementsAre("read", "written", "done"));
}

TEST(StreamWire, WritesAndReadsAsOne) {
  using ThisWire = StreamWire<v1::StreamStepsResponse>;
  // Answers every message with its session's name.
  class Echo final : public Reactions {
   public:
    void Begin(ThisWire& wire) {
      wire_ = &wire;
      wire.Read(&incoming_);
    }
    void OnReadDone(bool ok) override {
      Reactions::OnReadDone(ok);
      if (!ok) return wire_->Finish(grpc::Status::OK);
      v1::StreamStepsRequest request;
      EXPECT_TRUE(incoming_.ReadInto(&request).ok());
      v1::StreamStepsResponse response;
      response.mutable_opened()->set_session(request.open().session());
      if (std::exchange(first_, false)) return wire_->Write(response);
      response.ByteSizeLong();
      wire_->WriteAndRead({response}, &incoming_);
    }
    void OnWriteDone() override {
      Reactions::OnWriteDone();
      wire_->Read(&incoming_);
    }

   private:
    ThisWire* wire_ = nullptr;
    Incoming incoming_;
    bool first_ = true;
  };
  RawService service(*v1::StreamStepsRequest::descriptor()->file());
  Echo echo;
  QueueServer server(service, [&](CallQueue& queue) {
    ThisWire::Serve(queue, service, "StreamSteps", [&echo](ThisWire& wire) {
      echo.Begin(wire);
      return &echo;
    });
  });
  const auto stub = v1::SessionService::NewStub(server.InProcessChannel());
  grpc::ClientContext context;
  const auto stream = stub->StreamSteps(&context);
  for (const std::string session : {"a", "b", "c"}) {
    v1::StreamStepsRequest request;
    request.mutable_open()->set_session(session);
    ASSERT_TRUE(stream->Write(request));
    v1::StreamStepsResponse response;
    ASSERT_TRUE(stream->Read(&response));
    EXPECT_EQ(response.opened().session(), session);
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(echo.Await(6), ElementsAre("read", "written", "read", "read", "no message", "done"));
}

class StreamWireTest
    : public OneReadTest<StreamWire<v1::StreamStepsResponse>, v1::StreamStepsRequest> {
 protected:
  StreamWireTest() : OneReadTest("StreamSteps") {}

  std::unique_ptr<v1::SessionService::Stub> stub_ =
      v1::SessionService::NewStub(server_.InProcessChannel());
  grpc::ClientContext context_;
};

TEST_F(StreamWireTest, AReadUnderWayEndsWithTheCallAndDoneIsTheLast) {
  const auto stream = stub_->StreamSteps(&context_);
  reactions_.Await(1);
  wire_->Finish(grpc::Status::OK);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(reactions_.Await(3), ElementsAre("begun", "no message", "done"));
}

TEST_F(StreamWireTest, ACancelledCallIsStillFinishedByItsReactor) {
  const auto stream = stub_->StreamSteps(&context_);
  reactions_.Await(1);
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  // In this order: nobody takes that for the end of what the client had to say.
  EXPECT_THAT(reactions_.Await(3), ElementsAre("begun", "cancelled", "no message"));
  wire_->Finish(grpc::Status::OK);
  EXPECT_EQ(reactions_.Await(4).back(), "done");
}

TEST_F(StreamWireTest, AKeptCallIsDoneWhenItIsReleased) {
  const auto stream = stub_->StreamSteps(&context_);
  reactions_.Await(1);
  ThisWire* const kept = wire_;  // the second call's will be in its place
  kept->Keep();
  kept->Finish(grpc::Status::OK);
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(reactions_.Await(2).back(), "no message");
  // Whatever happens on the queue now happens behind the end of the call.
  grpc::ClientContext context;
  const auto second = stub_->StreamSteps(&context);
  EXPECT_EQ(reactions_.Await(3).back(), "begun");
  kept->Release();
  EXPECT_EQ(reactions_.Await(4).back(), "done");
  wire_->Finish(grpc::Status::OK);
  EXPECT_TRUE(second->Finish().ok());
}

TEST_F(StreamWireTest, TheEndOfTheServerCancelsAndWaitsForTheReactor) {
  const auto stream = stub_->StreamSteps(&context_);
  reactions_.Await(1);
  std::atomic<bool> ended{false};
  std::thread end([&] {
    server_.Shutdown();
    ended = true;
  });
  reactions_.Await(3);  // the client does nothing
  EXPECT_FALSE(ended);
  wire_->Finish(grpc::Status::OK);
  end.join();
  EXPECT_EQ(reactions_.Await(4).back(), "done");
}

}  // namespace
}  // namespace cellar
