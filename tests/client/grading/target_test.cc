#include "client/grading/target.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <functional>

#include "cellar/v1/session_service.grpc.pb.h"
#include "tests/client/trace_builder.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A student's server: sessions only, and answers as the test wants them.
class StudentServer : public v1::SessionService::Service {
 public:
  grpc::Status CreateSession(grpc::ServerContext* context, const v1::CreateSessionRequest* request,
                             v1::CreateSessionResponse* response) override {
    Note(*context, *request);
    *response->mutable_session() = request->session();
    response->mutable_session()->set_name("sessions/s");
    model = request->session().model();
    return create_status;
  }
  grpc::Status Step(grpc::ServerContext* context, const v1::StepRequest* request,
                    v1::StepResponse* response) override {
    Note(*context, *request);
    while (hangs && !context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
    *response->mutable_trace() = trace;
    return grpc::Status::OK;
  }

  void Note(const grpc::ServerContext& context, const google::protobuf::Message& request) {
    seen += request.DebugString();
    for (const auto& [name, value] : context.client_metadata()) {
      seen +=
          std::string(name.data(), name.size()) + ": " + std::string(value.data(), value.size());
      seen += "\n";
    }
  }

  v1::Trace trace = LstmTrace();
  std::string seen;  // every request and its metadata
  grpc::Status create_status;
  std::string model;
  bool hangs = false;
};

class TargetTest : public ::testing::Test {
 protected:
  TargetTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&student_);
    server_ = builder.BuildAndStart();
    ConnectionOptions options;
    options.address = "student:1";
    options.call_timeout = absl::Milliseconds(500);
    connection_ = std::make_shared<Connection>(server_->InProcessChannel({}), options);
    exercise_.mutable_model()->add_layers()->mutable_lstm();
    exercise_.add_sequences()->mutable_inputs()->add_values(0);
    exercise_.mutable_sequences(0)->mutable_inputs()->add_values(1);
  }
  ~TargetTest() override { server_->Shutdown(absl::ToChronoTime(absl::Now())); }

  v1::Question& Ask(v1::Quantity quantity) {
    v1::Question& question = *exercise_.add_questions();
    question.set_quantity(quantity);
    return question;
  }

  std::string Reason() {
    return std::string(AnswersOfTarget(connection_, exercise_).status().message());
  }

  StudentServer student_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<Connection> connection_;
  v1::Exercise exercise_;
};

TEST_F(TargetTest, TakesTheAskedValuesFromAServerWithoutModels) {
  Ask(v1::QUANTITY_H);
  Ask(v1::QUANTITY_FORGET_GATE).add_steps(1);
  Ask(v1::QUANTITY_C).set_id("memory");
  const auto answers = AnswersOfTarget(connection_, exercise_);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_EQ(student_.model, "models/exercise");
  EXPECT_EQ(answers->typed().texts().at("1"), "0.5 -0.25");
  EXPECT_EQ(answers->typed().texts().at("2"), "4");
  EXPECT_EQ(answers->typed().texts().at("memory"), "1 2");
}

TEST_F(TargetTest, ItSeesTheProblemAndNothingOfTheGrading) {
  exercise_.set_name("exercises/secret");
  exercise_.set_title("secret");
  exercise_.set_description("secret");
  exercise_.mutable_sequences(0)->set_title("secret");
  exercise_.set_credit(v1::CREDIT_CARRIED);
  exercise_.set_feedback(v1::FEEDBACK_EXPECTED);
  exercise_.mutable_comparison()->set_absolute(0.0123);
  exercise_.add_variations()->set_field("secret");
  v1::Question& question = Ask(v1::QUANTITY_C);
  question.set_id("secret");
  question.set_prompt("secret");
  question.set_points(777);
  const auto answers = AnswersOfTarget(connection_, exercise_);
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_THAT(student_.seen, HasSubstr("inputs"));
  for (const char* secret :
       {"secret", "CREDIT", "FEEDBACK", "0.0123", "777", "authorization", "bearer"}) {
    EXPECT_THAT(student_.seen, Not(HasSubstr(secret)));
  }
}

TEST_F(TargetTest, WhatItDoesNotGiveIsNamed) {
  Ask(v1::QUANTITY_UPDATE_GATE);
  EXPECT_EQ(Reason(), "your server gives no z of sequence 1 (question 1)");
}

TEST_F(TargetTest, WhatLiesRightBehindItsAnswerIsNotRead) {
  Ask(v1::QUANTITY_H).add_steps(2);
  EXPECT_THAT(Reason(), HasSubstr("gives no element 0 of step 2 of"));
  exercise_.mutable_questions(0)->set_steps(0, 1);
  exercise_.mutable_questions(0)->add_elements(1);
  EXPECT_THAT(Reason(), HasSubstr("gives no element 1 of step 1 of"));
}

TEST_F(TargetTest, AHostileAnswerIsToldAndNotBelieved) {
  Ask(v1::QUANTITY_H);
  student_.trace.mutable_outputs()->set_shape(0, 1LL << 40);
  EXPECT_THAT(Reason(), HasSubstr("your server gives 2 values of h"));
  student_.trace.mutable_outputs()->set_shape(0, -1);
  EXPECT_THAT(Reason(), HasSubstr("your server gives 2 values of h"));
  student_.trace.Clear();
  EXPECT_THAT(Reason(), HasSubstr("your server gives no h"));
  exercise_.mutable_questions(0)->set_layer(-5);
  EXPECT_THAT(Reason(), HasSubstr("your server gives no h"));
}

TEST_F(TargetTest, ItsWordsAreCleanAndShort) {
  student_.create_status =
      grpc::Status(grpc::StatusCode::INTERNAL, "\x1b[31m" + std::string(5000, 'x'));
  const std::string reason = Reason();
  EXPECT_THAT(reason, HasSubstr("your server, asked to create a session:"));
  EXPECT_THAT(reason, ::testing::Not(HasSubstr("\x1b")));
  EXPECT_LT(reason.size(), 400);
}

TEST_F(TargetTest, OneThatIsNotThereCannotBeReached) {
  ConnectionOptions options;
  options.address = "unix:/nowhere/student.sock";
  auto connection = Connection::Open(options);
  ASSERT_TRUE(connection.ok()) << connection.status();
  Ask(v1::QUANTITY_H);
  EXPECT_EQ(AnswersOfTarget(*connection, exercise_).status().message(),
            "your server cannot be reached at unix:/nowhere/student.sock (No such file or "
            "directory): it was to create the model; start it, or correct the address of "
            "--target");
}

TEST_F(TargetTest, OneThatHangsIsGivenUp) {
  student_.hangs = true;
  EXPECT_THAT(Reason(), HasSubstr("asked to step"));
}

}  // namespace
}  // namespace cellar
