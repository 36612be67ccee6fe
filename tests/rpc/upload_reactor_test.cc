#include "server/rpc/upload_reactor.h"

#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "server/api/call_bytes.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

std::string TinyModelFile(int size = 1) {
  v1::Model model;
  v1::Gate* const gate = model.add_layers()->mutable_rnn()->mutable_hidden();
  for (v1::Tensor* const weights :
       {gate->mutable_input_weights(), gate->mutable_recurrent_weights()}) {
    weights->add_shape(size);
    weights->add_shape(size);
    weights->mutable_values()->Resize(size * size, 0.5);
  }
  return model.SerializeAsString();
}

v1::UploadModelRequest Opening(size_t size_bytes) {
  v1::UploadModelRequest message;
  message.mutable_open()->set_model_id("uploaded");
  message.mutable_open()->set_format(v1::MODEL_FORMAT_CELLAR_BINARY);
  message.mutable_open()->set_size_bytes(static_cast<int64_t>(size_bytes));
  return message;
}

v1::UploadModelRequest Chunk(const std::string& bytes) {
  v1::UploadModelRequest message;
  message.set_chunk(bytes);
  return message;
}

TEST(UploadReactor, CreatesAModelFromChunks) {
  InProcessServer server;
  const std::string file = TinyModelFile();
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const auto upload = server.models().UploadModel(&context, &response);
  ASSERT_TRUE(upload->Write(Opening(file.size())));
  for (const char byte : file) upload->Write(Chunk(std::string(1, byte)));
  upload->WritesDone();
  const grpc::Status status = upload->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.model().name(), "models/uploaded");
  EXPECT_TRUE(server.api().models.Get({kDefaultTenant, "models/uploaded"}).ok());
}

TEST(UploadReactor, EndsAtTheFirstBadMessage) {
  InProcessServer server;
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const auto upload = server.models().UploadModel(&context, &response);
  upload->Write(Chunk("no open before"));
  const grpc::Status status = upload->Finish();  // though the client has not closed its side
  EXPECT_EQ(SentReason(status), "BAD_REQUEST");
}

TEST(UploadReactor, RefusesAChunkThatIsTooLong) {
  Options options;
  options.api.max_message_bytes = 2000;
  InProcessServer server(options);
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const auto upload = server.models().UploadModel(&context, &response);
  upload->Write(Opening(5000));
  upload->Write(Chunk(std::string(3000, 'x')));
  EXPECT_EQ(SentReason(upload->Finish()), "MESSAGE_SIZE_LIMIT");
}

TEST(UploadReactor, ADrainEndsAnUploadThatIsNotComplete) {
  InProcessServer server;
  const std::string file = TinyModelFile();
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const auto upload = server.models().UploadModel(&context, &response);
  ASSERT_TRUE(upload->Write(Opening(file.size())));
  ASSERT_TRUE(upload->Write(Chunk(file.substr(1))));
  while (server.api().call_bytes.total() == 0) std::this_thread::yield();
  EXPECT_TRUE(server.environment().Drain(absl::Minutes(5)));  // the client says nothing more
  EXPECT_EQ(SentReason(upload->Finish()), "DRAINING");
}

TEST(UploadReactor, ADrainLetsACompleteUploadBecomeAModel) {
  Options options;
  options.scheduler.worker_count = 1;
  InProcessServer server(options);
  const std::string file = TinyModelFile();
  grpc::ClientContext context;
  v1::UploadModelResponse response;
  const auto upload = server.models().UploadModel(&context, &response);
  std::thread drain;
  {
    const TurnBlocker blocker(server.api(), "sessions/any");
    ASSERT_TRUE(upload->Write(Opening(file.size())));
    ASSERT_TRUE(upload->Write(Chunk(file)));
    upload->WritesDone();
    while (server.api().scheduler.Look().tasks < 2) std::this_thread::yield();
    drain = std::thread([&] { server.environment().Drain(absl::Minutes(5)); });
  }
  EXPECT_TRUE(upload->Finish().ok());
  drain.join();
  EXPECT_EQ(response.model().name(), "models/uploaded");
}

TEST(UploadReactor, ABrokenUploadLeavesNothing) {
  InProcessServer server;
  const std::string file = TinyModelFile();
  {
    grpc::ClientContext context;
    v1::UploadModelResponse response;
    const auto upload = server.models().UploadModel(&context, &response);
    upload->Write(Opening(file.size()));
    upload->Write(Chunk(file.substr(1)));
    context.TryCancel();
    EXPECT_EQ(upload->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  EXPECT_TRUE(server.environment().Drain(absl::InfiniteDuration()));  // the call has ended
  EXPECT_FALSE(server.api().models.Get({kDefaultTenant, "models/uploaded"}).ok());
}

// It is whole, but nobody has said so.
TEST(UploadReactor, NeitherDoesOneThatIsCutBehindItsLastByte) {
  InProcessServer server;
  const std::string file = TinyModelFile(/*size=*/64);
  ASSERT_GT(file.size(), kLeastCallBytes);
  for (int i = 0; i < 20; ++i) {
    grpc::ClientContext context;
    v1::UploadModelResponse response;
    const auto upload = server.models().UploadModel(&context, &response);
    upload->Write(Opening(file.size()));
    upload->Write(Chunk(file));
    while (server.api().call_bytes.total() <= kLeastCallBytes) std::this_thread::yield();
    context.TryCancel();
    EXPECT_EQ(upload->Finish().error_code(), grpc::StatusCode::CANCELLED);
    while (server.api().call_bytes.total() > 0) std::this_thread::yield();
  }
  EXPECT_FALSE(server.api().models.Get({kDefaultTenant, "models/uploaded"}).ok());
}

}  // namespace
}  // namespace cellar
