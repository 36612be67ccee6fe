#include "server/rpc/session_service.h"

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/in_process_server.h"
#include "tests/testing/rich_error.h"

namespace cellar {
namespace {

class SessionServiceTest : public testing::Test {
 protected:
  SessionServiceTest() { server.AddHomework(); }

  // Calls a method of the stub.
  template <class Request, class Response>
  grpc::Status Ask(grpc::Status (v1::SessionService::Stub::*method)(grpc::ClientContext*,
                                                                    const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    return (server.sessions().*method)(&context, request, response);
  }

  InProcessServer server;
};

using Stub = v1::SessionService::Stub;

TEST_F(SessionServiceTest, CreateGetListDeleteAreWired) {
  v1::CreateSessionRequest create;
  create.set_session_id("a");
  create.mutable_session()->set_model("models/homework");
  v1::CreateSessionResponse created;
  ASSERT_TRUE(Ask(&Stub::CreateSession, create, &created).ok());
  EXPECT_EQ(created.session().name(), "sessions/a");

  for (const auto view : {v1::SESSION_VIEW_BASIC, v1::SESSION_VIEW_FULL}) {
    v1::GetSessionRequest get;
    get.set_name("sessions/a");
    get.set_view(view);
    v1::GetSessionResponse got;
    ASSERT_TRUE(Ask(&Stub::GetSession, get, &got).ok());
    EXPECT_EQ(got.session().has_state(), view == v1::SESSION_VIEW_FULL);
  }

  v1::ListSessionsResponse listed;
  ASSERT_TRUE(Ask(&Stub::ListSessions, v1::ListSessionsRequest(), &listed).ok());
  EXPECT_EQ(listed.sessions_size(), 1);

  v1::DeleteSessionRequest remove;
  remove.set_name("sessions/a");
  v1::DeleteSessionResponse removed;
  ASSERT_TRUE(Ask(&Stub::DeleteSession, remove, &removed).ok());
  EXPECT_EQ(SentReason(Ask(&Stub::DeleteSession, remove, &removed)), "SESSION_DELETED");
}

TEST_F(SessionServiceTest, StepRewindResetAndSetAreWired) {
  server.NewSession("a");
  v1::StepResponse stepped;
  ASSERT_TRUE(Ask(&Stub::Step, StepOf("sessions/a", {0, 0, 1, 1}), &stepped).ok());
  EXPECT_EQ(stepped.next_step(), 4);
  EXPECT_EQ(stepped.trace().outputs().values_size(), 4);

  v1::RewindSessionRequest rewind;
  rewind.set_name("sessions/a");
  rewind.set_step_index(3);
  v1::RewindSessionResponse rewound;
  ASSERT_TRUE(Ask(&Stub::RewindSession, rewind, &rewound).ok());
  EXPECT_EQ(rewound.session().next_step(), 3);

  v1::ResetSessionRequest reset;
  reset.set_name("sessions/a");
  v1::ResetSessionResponse was_reset;
  ASSERT_TRUE(Ask(&Stub::ResetSession, reset, &was_reset).ok());
  EXPECT_EQ(was_reset.session().next_step(), 0);

  v1::SetSessionStateRequest set;
  set.set_name("sessions/a");
  *set.mutable_state()->add_layers()->mutable_h() = ValuesOf({0.5});
  set.set_next_step(9);
  v1::SetSessionStateResponse was_set;
  ASSERT_TRUE(Ask(&Stub::SetSessionState, set, &was_set).ok());
  EXPECT_EQ(was_set.session().next_step(), 9);
}

TEST_F(SessionServiceTest, ForkExportAndImportAreWired) {
  server.NewSession("a");
  v1::StepResponse stepped;
  ASSERT_TRUE(Ask(&Stub::Step, StepOf("sessions/a", {1, 1}), &stepped).ok());

  v1::ForkSessionRequest fork;
  fork.set_name("sessions/a");
  fork.set_session_id("b");
  v1::ForkSessionResponse forked;
  ASSERT_TRUE(Ask(&Stub::ForkSession, fork, &forked).ok());
  EXPECT_EQ(forked.session().state_digest(), stepped.state_digest());

  v1::ExportSessionRequest to_export;
  to_export.set_name("sessions/a");
  v1::ExportSessionResponse exported;
  ASSERT_TRUE(Ask(&Stub::ExportSession, to_export, &exported).ok());

  v1::ImportSessionRequest import;
  import.set_snapshot(exported.snapshot());
  import.set_session_id("c");
  import.mutable_session()->set_model("models/homework");
  v1::ImportSessionResponse imported;
  ASSERT_TRUE(Ask(&Stub::ImportSession, import, &imported).ok());
  EXPECT_EQ(imported.session().next_step(), 2);
  EXPECT_EQ(imported.session().state_digest(), stepped.state_digest());
}

TEST_F(SessionServiceTest, StreamStepsIsWired) {
  server.NewSession("a");
  grpc::ClientContext context;
  const auto stream = server.sessions().StreamSteps(&context);
  // Pipelined: nothing is read before everything is written.
  ASSERT_TRUE(stream->Write(OpenMessage("sessions/a")));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(stream->Write(StepMessage(i % 2)));
  stream->WritesDone();
  v1::StreamStepsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_EQ(answer.opened().session(), "sessions/a");
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(stream->Read(&answer));
    EXPECT_EQ(answer.step().first_step(), i);
    EXPECT_EQ(answer.step().next_step(), i + 1);
  }
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(SessionServiceTest, ASecondStreamTakesOver) {
  server.NewSession("a");
  grpc::ClientContext first_context;
  const auto first = server.sessions().StreamSteps(&first_context);
  first->Write(OpenMessage("sessions/a"));
  v1::StreamStepsResponse answer;
  ASSERT_TRUE(first->Read(&answer));

  grpc::ClientContext second_context;
  const auto second = server.sessions().StreamSteps(&second_context);
  second->Write(OpenMessage("sessions/a"));
  ASSERT_TRUE(second->Read(&answer));

  EXPECT_FALSE(first->Read(&answer));
  const grpc::Status status = first->Finish();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(SentReason(status), "SESSION_TAKEN_OVER");
  second->WritesDone();
  EXPECT_FALSE(second->Read(&answer));
  EXPECT_TRUE(second->Finish().ok());
}

TEST_F(SessionServiceTest, DeletingASessionEndsItsStream) {
  server.NewSession("a");
  grpc::ClientContext context;
  const auto stream = server.sessions().StreamSteps(&context);
  stream->Write(OpenMessage("sessions/a"));
  v1::StreamStepsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  v1::DeleteSessionRequest remove;
  remove.set_name("sessions/a");
  v1::DeleteSessionResponse removed;
  ASSERT_TRUE(Ask(&Stub::DeleteSession, remove, &removed).ok());
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(SentReason(stream->Finish()), "SESSION_DELETED");
}

TEST_F(SessionServiceTest, ASessionIsFreeAgainWhenItsClientDisappears) {
  server.NewSession("a");
  {
    grpc::ClientContext context;
    const auto stream = server.sessions().StreamSteps(&context);
    stream->Write(OpenMessage("sessions/a"));
    v1::StreamStepsResponse answer;
    ASSERT_TRUE(stream->Read(&answer));
    const TurnBlocker blocker(server.api(), "sessions/a");
    for (int i = 0; i < 5; ++i) stream->Write(StepMessage(1));
    context.TryCancel();
    EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  v1::StepResponse stepped;
  EXPECT_TRUE(Ask(&Stub::Step, StepOf("sessions/a", {1}), &stepped).ok());
}

TEST_F(SessionServiceTest, AStepWhoseDeadlinePassedChangesNothing) {
  server.NewSession("a");
  server.clock().Advance(absl::Hours(24 * 365 * 100));  // far beyond the deadline below
  server.NewSession("b");
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  v1::StepResponse stepped;
  const grpc::Status status = server.sessions().Step(&context, StepOf("sessions/b", {1}), &stepped);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(SentReason(status), "DEADLINE_PASSED");
  ASSERT_TRUE(Ask(&Stub::Step, StepOf("sessions/b", {1}, 0), &stepped).ok());
}

TEST_F(SessionServiceTest, ALookAtASessionWaitsForAWorkerAsItHashesTheState) {
  server.NewSession("a");
  server.clock().Advance(absl::Hours(24 * 365 * 100));  // a worker will find that it is too late
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(5));
  v1::GetSessionRequest request;
  request.set_name("sessions/a");
  v1::GetSessionResponse response;
  EXPECT_EQ(SentReason(server.sessions().GetSession(&context, request, &response)),
            "DEADLINE_PASSED");
}

TEST_F(SessionServiceTest, RichErrorsArrive) {
  v1::StepResponse stepped;
  const grpc::Status missing = Ask(&Stub::Step, StepOf("sessions/none", {1}), &stepped);
  EXPECT_EQ(missing.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(SentReason(missing), "SESSION_NOT_FOUND");
  EXPECT_EQ(SentMetadata(missing, "session"), "sessions/none");
  EXPECT_NE(SentMetadata(missing, "server_epoch"), "");

  const grpc::Status bad = Ask(&Stub::Step, StepOf("nonsense", {}, -1), &stepped);
  const auto violations = FindDetail<google::rpc::BadRequest>(bad);
  ASSERT_TRUE(violations.has_value());
  EXPECT_GE(violations->field_violations_size(), 2);
}

TEST(SessionServiceLimits, ALongMessageIsRefusedWithTheLimit) {
  Options options;
  options.api.max_message_bytes = 2000;
  InProcessServer server(options);
  server.AddHomework();
  server.NewSession("a");
  v1::StepResponse stepped;
  grpc::ClientContext context;
  const grpc::Status status = server.sessions().Step(
      &context, StepOf("sessions/a", std::vector<double>(400, 0.0)), &stepped);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(SentReason(status), "MESSAGE_SIZE_LIMIT");
  EXPECT_EQ(SentMetadata(status, "limit_bytes"), "2000");

  grpc::ClientContext stream_context;
  const auto stream = server.sessions().StreamSteps(&stream_context);
  stream->Write(OpenMessage("sessions/a"));
  v1::StreamStepsRequest message = StepMessage(0);
  message.mutable_step()->mutable_inputs()->mutable_values()->Resize(400, 0.0);
  stream->Write(message);
  v1::StreamStepsResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(SentReason(stream->Finish()), "MESSAGE_SIZE_LIMIT");
}

TEST(SessionServiceLimits, AMuchLongerMessageIsRefusedByGrpcUnread) {
  Options options;
  options.api.max_message_bytes = 2000;
  InProcessServer server(options);
  v1::StepResponse stepped;
  grpc::ClientContext context;
  const grpc::Status status = server.sessions().Step(
      &context, StepOf("sessions/a", std::vector<double>(1000, 0.0)), &stepped);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(SentReason(status), "");
}

}  // namespace
}  // namespace cellar
