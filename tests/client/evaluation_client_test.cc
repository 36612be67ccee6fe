#include "client/evaluation_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "client/tensor.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Streams what the test says, once for each call.
class FakeEvaluationService : public v1::EvaluationService::Service {
 public:
  struct Script {
    std::vector<v1::EvaluateResponse> answers;
    grpc::Status status;
  };

  std::vector<Script> scripts;
  size_t call_count = 0;

  grpc::Status Evaluate(grpc::ServerContext* /*context*/, const v1::EvaluateRequest* /*request*/,
                        grpc::ServerWriter<v1::EvaluateResponse>* writer) override {
    const Script& script = scripts.at(call_count++);
    for (const auto& answer : script.answers) writer->Write(answer);
    return script.status;
  }
};

v1::EvaluateResponse Part(int sequence, double h, const std::string& digest = "") {
  v1::EvaluateResponse part;
  part.set_sequence_index(sequence);
  v1::Tensor& outputs = *part.mutable_trace()->mutable_outputs();
  outputs = MakeTensor({h});
  outputs.add_shape(1);
  outputs.add_shape(1);
  if (!digest.empty()) part.mutable_final_state();
  part.set_final_state_digest(digest);
  return part;
}

class EvaluationClientTest : public ::testing::Test {
 protected:
  EvaluationClientTest() {
    request_.add_sequences();
    request_.add_sequences();
  }

  absl::StatusOr<std::vector<EvaluatedSequence>> Run() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    const auto server = builder.BuildAndStart();
    Connection connection(server->InProcessChannel(grpc::ChannelArguments()),
                          {.retry = {.max_attempts = 2, .initial_delay = absl::ZeroDuration()}});
    auto result = Evaluate(connection, request_);
    server->Shutdown();
    return result;
  }

  FakeEvaluationService service_;
  v1::EvaluateRequest request_;
};

TEST_F(EvaluationClientTest, PutsThePartsOfEachSequenceTogether) {
  service_.scripts = {{{Part(0, 1), Part(0, 2, "a"), Part(1, 3, "b")}, grpc::Status::OK}};
  const auto sequences = Run();
  ASSERT_TRUE(sequences.ok()) << sequences.status();
  ASSERT_EQ(sequences->size(), 2u);
  EXPECT_THAT((*sequences)[0].trace.outputs().values(), ElementsAre(1, 2));
  EXPECT_THAT((*sequences)[0].trace.outputs().shape(), ElementsAre(2, 1));
  EXPECT_EQ((*sequences)[0].final_state_digest, "a");
  EXPECT_THAT((*sequences)[1].trace.outputs().values(), ElementsAre(3));
}

TEST_F(EvaluationClientTest, ABrokenStreamIsTriedAgainFromTheStart) {
  service_.scripts = {{{Part(0, 1)}, grpc::Status(grpc::StatusCode::UNAVAILABLE, "cut")},
                      {{Part(0, 1), Part(1, 3)}, grpc::Status::OK}};
  const auto sequences = Run();
  ASSERT_TRUE(sequences.ok()) << sequences.status();
  EXPECT_THAT((*sequences)[0].trace.outputs().values(), ElementsAre(1));
}

TEST_F(EvaluationClientTest, ARefusalIsPassedOn) {
  service_.scripts = {{{}, grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "no")}};
  const absl::Status status = Run().status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_TRUE(IsFromCall(status));
  EXPECT_EQ(service_.call_count, 1u);
}

TEST_F(EvaluationClientTest, AnswersThatDoNotFitTheRequestAreAnInternalError) {
  service_.scripts = {{{Part(7, 1)}, grpc::Status::OK}};
  EXPECT_THAT(std::string(Run().status().message()), HasSubstr("sequence 8 of 2"));
  service_.scripts.push_back({{Part(1, 1)}, grpc::Status::OK});
  EXPECT_TRUE(absl::IsInternal(Run().status())) << "no steps of the first sequence";
}

}  // namespace
}  // namespace cellar
