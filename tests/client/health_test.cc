#include "client/health.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>

namespace cellar {
namespace {

class HealthTest : public ::testing::Test {
 protected:
  HealthTest() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    connection_ = std::make_shared<Connection>(server_->InProcessChannel(grpc::ChannelArguments()),
                                               ConnectionOptions());
  }
  ~HealthTest() override { server_->Shutdown(); }

  v1::EvaluationService::Service service_;  // a server without any cannot be called
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<Connection> connection_;
};

TEST_F(HealthTest, ReadsWhatAServerSaysOfItself) {
  server_->GetHealthCheckService()->SetServingStatus("", true);
  const auto serving = CheckHealth(*connection_);
  ASSERT_TRUE(serving.ok()) << serving.status();
  EXPECT_EQ(*serving, Health::kServing);
  server_->GetHealthCheckService()->SetServingStatus("", false);
  EXPECT_EQ(*CheckHealth(*connection_), Health::kNotServing);
}

TEST_F(HealthTest, AsksForOneService) {
  server_->GetHealthCheckService()->SetServingStatus("a", false);
  EXPECT_EQ(*CheckHealth(*connection_, "a"), Health::kNotServing);
  EXPECT_TRUE(absl::IsNotFound(CheckHealth(*connection_, "b").status()));
}

TEST(HealthNameTest, IsThatOfTheProtocol) {
  EXPECT_STREQ(HealthName(Health::kServing), "SERVING");
  EXPECT_STREQ(HealthName(Health::kNotServing), "NOT_SERVING");
}

}  // namespace
}  // namespace cellar
