#include "server/rpc/presented.h"

#include <gtest/gtest.h>

#include "cellar/v1/evaluation_service.pb.h"
#include "cellar/v1/session_service.pb.h"
#include "grpcpp/test/server_context_test_spouse.h"

namespace cellar {
namespace {

TEST(MethodTaking, FindsTheMethodOfARequest) {
  EXPECT_EQ(MethodTaking(*v1::StepRequest::descriptor()), "cellar.v1.SessionService.Step");
  EXPECT_EQ(MethodTaking(*v1::StreamStepsRequest::descriptor()),
            "cellar.v1.SessionService.StreamSteps");
  EXPECT_EQ(MethodTaking(*v1::EvaluateRequest::descriptor()),
            "cellar.v1.EvaluationService.Evaluate");
  EXPECT_EQ(MethodTaking(*v1::StepResponse::descriptor()), "");
}

TEST(PresentedBy, ReadsTheMetadata) {
  grpc::ServerContext context;
  grpc::testing::ServerContextTestSpouse client(&context);
  EXPECT_FALSE(PresentedBy(context).authorization.has_value());
  EXPECT_FALSE(PresentedBy(context).tenant.has_value());
  client.AddClientMetadata("authorization", "bearer a");
  client.AddClientMetadata("cellar-tenant", "b");
  EXPECT_EQ(PresentedBy(context).authorization, "bearer a");
  EXPECT_EQ(PresentedBy(context).tenant, "b");
  EXPECT_TRUE(PresentedBy(context).certificate_names.empty());
}

TEST(PresentedBy, TakesNoneOfTwoValues) {
  grpc::ServerContext context;
  grpc::testing::ServerContextTestSpouse client(&context);
  client.AddClientMetadata("authorization", "bearer a");
  client.AddClientMetadata("authorization", "bearer b");
  EXPECT_EQ(PresentedBy(context).authorization, "");
}

}  // namespace
}  // namespace cellar
