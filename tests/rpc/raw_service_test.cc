#include "server/rpc/raw_service.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "cellar/v1/evaluation_service.pb.h"
#include "cellar/v1/grading_service.pb.h"
#include "cellar/v1/model_service.pb.h"
#include "cellar/v1/session_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/raw_call.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

using testing::HasSubstr;

// A field of length 255 that ends at once.
const char kNoMessage[] = "\x0a\xff";

TEST(RawService, EveryMethodTellsAMessageThatIsNone) {
  InProcessServer server;
  for (const google::protobuf::Descriptor* const any :
       {v1::GetModelRequest::descriptor(), v1::StepRequest::descriptor(),
        v1::EvaluateRequest::descriptor(), v1::GradeRequest::descriptor()}) {
    const google::protobuf::ServiceDescriptor& service = *any->file()->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      const std::string path =
          absl::StrCat("/", service.full_name(), "/", service.method(i)->name());
      RawCall call(server.channel(), path);
      call.Write(kNoMessage);
      const grpc::Status status = call.Finish();
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << path;
      EXPECT_EQ(SentReason(status), "BAD_REQUEST") << path;
    }
  }
}

// Calls that take one message are streams to gRPC; that none came is for us to find.
TEST(RawService, EveryMethodThatTakesOneMessageTellsThatThereIsNone) {
  InProcessServer server;
  for (const google::protobuf::Descriptor* const any :
       {v1::GetModelRequest::descriptor(), v1::StepRequest::descriptor(),
        v1::EvaluateRequest::descriptor(), v1::GradeRequest::descriptor()}) {
    const google::protobuf::ServiceDescriptor& service = *any->file()->service(0);
    for (int i = 0; i < service.method_count(); ++i) {
      const google::protobuf::MethodDescriptor& method = *service.method(i);
      if (method.client_streaming()) continue;
      RawCall call(server.channel(), absl::StrCat("/", service.full_name(), "/", method.name()));
      call.WritesDone();
      const grpc::Status status = call.Finish();
      EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method.full_name();
      EXPECT_EQ(SentReason(status), "BAD_REQUEST") << method.full_name();
      EXPECT_THAT(status.error_message(), HasSubstr(method.input_type()->full_name()));
    }
  }
}

// A stream does not end well in the middle of what its client says.
TEST(RawService, AMessageThatIsNoneEndsAStreamBehindTheAnswersBeforeIt) {
  InProcessServer server;
  server.AddHomework();
  const std::string session = server.NewSession("a");
  RawCall call(server.channel(), "/cellar.v1.SessionService/StreamSteps");
  call.Write(OpenMessage(session).SerializeAsString());
  call.Write(StepMessage(1).SerializeAsString());
  call.Write(kNoMessage);
  v1::StreamStepsResponse response;
  ASSERT_TRUE(response.ParseFromString(call.Read().value_or("")));
  EXPECT_TRUE(response.has_opened());
  ASSERT_TRUE(response.ParseFromString(call.Read().value_or("")));
  EXPECT_EQ(response.step().next_step(), 1);
  EXPECT_EQ(SentReason(call.Finish()), "BAD_REQUEST");
}

// Read on a worker, and given back there.
TEST(RawService, LongMessagesAreAnsweredLikeShortOnes) {
  InProcessServer server;
  server.AddHomework();
  const std::string raw(4 * 30'000, '\0');  // inputs of so many steps

  v1::StepRequest request;
  request.set_session(server.NewSession("a"));
  request.mutable_inputs()->set_raw(raw);
  v1::StepResponse stepped;
  grpc::ClientContext context;
  ASSERT_TRUE(server.sessions().Step(&context, request, &stepped).ok());
  EXPECT_EQ(stepped.next_step(), 30'000);

  v1::StreamStepsRequest message;
  message.mutable_step()->mutable_inputs()->set_raw(raw);
  grpc::ClientContext stream_context;
  const auto stream = server.sessions().StreamSteps(&stream_context);
  v1::StreamStepsResponse answer;
  ASSERT_TRUE(stream->Write(OpenMessage(server.NewSession("b"))));
  ASSERT_TRUE(stream->Read(&answer));
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(stream->Write(message));
    ASSERT_TRUE(stream->Write(StepMessage(0)));
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.step().next_step(), i * 30'001 - 1);
    if (i == 1) {
      EXPECT_EQ(answer.step().state_digest(), stepped.state_digest());
    }
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.step().next_step(), i * 30'001);
  }
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());

  v1::StreamBatchStepsRequest batch;
  auto& item = *batch.mutable_batch()->add_items();
  item.set_session(server.NewSession("c"));
  item.mutable_inputs()->set_raw(raw);
  grpc::ClientContext batch_context;
  const auto batches = server.sessions().StreamBatchSteps(&batch_context);
  v1::StreamBatchStepsResponse batch_answer;
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(batches->Write(batch));
    ASSERT_TRUE(batches->Read(&batch_answer));
    EXPECT_EQ(batch_answer.batch().results(0).step().next_step(), i * 30'000);
  }
  batches->WritesDone();
  EXPECT_TRUE(batches->Finish().ok());
}

}  // namespace
}  // namespace cellar
