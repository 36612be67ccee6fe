#include "client/step_wire.h"

#include <gtest/gtest.h>

#include "client/tensor.h"
#include "tests/client/fake_session_service.h"

namespace cellar {
namespace {

v1::StreamStepsRequest OpenRequest() {
  v1::StreamStepsRequest request;
  request.mutable_open()->set_session("sessions/a");
  return request;
}

v1::StreamStepsRequest StepRequest(double x) {
  v1::StreamStepsRequest request;
  *request.mutable_step()->mutable_inputs() = MakeTensor({x});
  return request;
}

class StepWireTest : public ::testing::Test {
 protected:
  FakeServer server_;
  std::unique_ptr<v1::SessionService::Stub> stub_ = v1::SessionService::NewStub(server_.channel);
  const absl::Time never_ = absl::InfiniteFuture();
};

TEST_F(StepWireTest, AnswersAreTakenInWhileOthersAreWritten) {
  StepWire wire(*stub_);
  ASSERT_TRUE(wire.Write(OpenRequest(), never_));
  for (int i = 1; i <= 100; ++i) ASSERT_TRUE(wire.Write(StepRequest(1), never_));
  ASSERT_TRUE(wire.Read(never_)->has_opened());
  for (int i = 1; i <= 100; ++i) {
    const auto answer = wire.Read(never_);
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->step().trace().outputs().values(0), i);
  }
  EXPECT_TRUE(wire.WritesDone(never_));
  EXPECT_FALSE(wire.Read(never_).has_value());
  EXPECT_TRUE(wire.Finish().ok());
}

TEST_F(StepWireTest, AnswersBeforeTheEndAreStillRead) {
  server_.service.FailStreams(
      {{.after_steps = 1, .status = grpc::Status(grpc::StatusCode::DATA_LOSS, "end")}});
  StepWire wire(*stub_);
  wire.Write(OpenRequest(), never_);
  wire.Write(StepRequest(5), never_);
  EXPECT_TRUE(wire.Read(never_)->has_opened());
  EXPECT_TRUE(wire.Read(never_)->has_step());
  EXPECT_FALSE(wire.Read(never_).has_value());
  EXPECT_FALSE(wire.timed_out());
  EXPECT_EQ(wire.Finish().error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(wire.Finish().error_code(), grpc::StatusCode::DATA_LOSS) << "asked again";
}

TEST_F(StepWireTest, GivesUpWhenTimeIsOverAndGoesOnLater) {
  StepWire wire(*stub_);
  wire.Write(OpenRequest(), never_);
  EXPECT_TRUE(wire.Read(never_)->has_opened());
  EXPECT_FALSE(wire.Read(absl::InfinitePast()).has_value());
  EXPECT_TRUE(wire.timed_out());
  EXPECT_TRUE(wire.Write(StepRequest(5), never_));
  EXPECT_TRUE(wire.Read(never_).has_value());
  EXPECT_FALSE(wire.timed_out());
}

TEST_F(StepWireTest, FinishCancelsACallThatGoesOn) {
  StepWire wire(*stub_);
  wire.Write(OpenRequest(), never_);
  EXPECT_EQ(wire.Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(StepWireTest, AWireThatIsDroppedEndsItsCall) { StepWire wire(*stub_); }

TEST_F(StepWireTest, ADeadServerIsLearnedFromTheReads) {
  const auto nobody = v1::SessionService::NewStub(
      grpc::CreateChannel("unix:/no/such/socket", grpc::InsecureChannelCredentials()));
  StepWire wire(*nobody);
  wire.Write(OpenRequest(), never_);
  EXPECT_FALSE(wire.Read(never_).has_value());
  EXPECT_EQ(wire.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

}  // namespace
}  // namespace cellar
