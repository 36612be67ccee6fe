#include "server/rpc/grading_service.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_message.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

TEST(GradingService, KeepsListsGradesChecksAndDeletes) {
  InProcessServer server;
  v1::CreateExerciseRequest create;
  create.set_exercise_id("states");
  *create.mutable_exercise() = HomeworkMessage();
  v1::CreateExerciseResponse created;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(server.gradings().CreateExercise(&context, create, &created).ok());
  }
  EXPECT_EQ(created.exercise().name(), "exercises/states");
  {
    grpc::ClientContext context;
    v1::GradeRequest request;
    request.set_exercise("exercises/states");
    request.mutable_submission()->set_text(kRightText);
    v1::GradeResponse response;
    ASSERT_TRUE(server.gradings().Grade(&context, request, &response).ok());
    EXPECT_EQ(response.verdict().points(), 2);
  }
  {
    grpc::ClientContext context;
    v1::GetExerciseRequest request;
    request.set_name("exercises/states");
    v1::GetExerciseResponse response;
    ASSERT_TRUE(server.gradings().GetExercise(&context, request, &response).ok());
    EXPECT_EQ(response.exercise().sequences_size(), 2);
  }
  {
    grpc::ClientContext context;
    v1::ListExercisesResponse response;
    ASSERT_TRUE(server.gradings().ListExercises(&context, {}, &response).ok());
    EXPECT_EQ(response.exercises_size(), 1);
  }
  {
    grpc::ClientContext context;
    v1::CheckExerciseRequest request;
    request.set_name("exercises/states");
    v1::CheckExerciseResponse response;
    ASSERT_TRUE(server.gradings().CheckExercise(&context, request, &response).ok());
    EXPECT_GT(response.mistakes_size(), 0);
  }
  v1::DeleteExerciseRequest remove;
  remove.set_name("exercises/states");
  v1::DeleteExerciseResponse removed;
  {
    grpc::ClientContext context;
    ASSERT_TRUE(server.gradings().DeleteExercise(&context, remove, &removed).ok());
  }
  grpc::ClientContext context;
  const grpc::Status status = server.gradings().DeleteExercise(&context, remove, &removed);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(SentReason(status), "EXERCISE_NOT_FOUND");
}

}  // namespace
}  // namespace cellar
