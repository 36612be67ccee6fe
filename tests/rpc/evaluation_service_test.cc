#include "server/rpc/evaluation_service.h"

#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

v1::EvaluateRequest Homework(int sequence_count, int step_count) {
  v1::EvaluateRequest request;
  request.set_model("models/homework");
  for (int i = 0; i < sequence_count; ++i) {
    auto* const inputs = request.add_sequences()->mutable_inputs();
    for (int t = 0; t < step_count; ++t) inputs->add_values(t % 2);
  }
  return request;
}

TEST(EvaluationService, StreamsTheSequencesInOrder) {
  InProcessServer server;
  server.AddHomework();
  grpc::ClientContext context;
  const auto stream = server.evaluations().Evaluate(&context, Homework(3, 4));
  v1::EvaluateResponse answer;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.sequence_index(), i);
    EXPECT_EQ(answer.step_count(), 4);
    EXPECT_TRUE(answer.has_final_state());
  }
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST(EvaluationService, CutsALongSequenceIntoAnswers) {
  Options options;
  options.api.max_message_bytes = 20'000;
  InProcessServer server(options);
  server.AddHomework();
  v1::EvaluateRequest request = Homework(1, 2000);
  request.set_view(v1::VIEW_TRACE);
  grpc::ClientContext context;
  const auto stream = server.evaluations().Evaluate(&context, request);
  v1::EvaluateResponse answer;
  int64_t steps = 0;
  int answers = 0;
  while (stream->Read(&answer)) {
    EXPECT_EQ(answer.first_step(), steps);
    EXPECT_LE(answer.ByteSizeLong(), 20'000u);
    steps += answer.step_count();
    ++answers;
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(steps, 2000);
  EXPECT_GT(answers, 5);
}

TEST(EvaluationService, RefusesBeforeTheFirstAnswer) {
  InProcessServer server;
  grpc::ClientContext context;
  const auto stream = server.evaluations().Evaluate(&context, Homework(1, 1));
  v1::EvaluateResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(SentReason(stream->Finish()), "MODEL_NOT_FOUND");
}

TEST(EvaluationService, RefusesALongMessage) {
  Options options;
  options.api.max_message_bytes = 2000;
  InProcessServer server(options);
  grpc::ClientContext context;
  const auto stream = server.evaluations().Evaluate(&context, Homework(1, 400));
  v1::EvaluateResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(SentReason(stream->Finish()), "MESSAGE_SIZE_LIMIT");
}

TEST(EvaluationService, StopsWhenTheClientDisappears) {
  Options options;
  options.api.max_message_bytes = 2000;
  InProcessServer server(options);
  server.AddHomework();
  {
    v1::EvaluateRequest request = Homework(1, 200);
    request.set_view(v1::VIEW_TRACE);
    grpc::ClientContext context;
    const auto stream = server.evaluations().Evaluate(&context, request);
    v1::EvaluateResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
    context.TryCancel();
    while (stream->Read(&answer)) {
    }
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  // Nothing is left: the drain has nobody to wait for.
  EXPECT_TRUE(server.environment().Drain(absl::InfiniteDuration()));
}

}  // namespace
}  // namespace cellar
