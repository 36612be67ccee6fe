#include "server/rpc/health_service.h"

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "tests/testing/queue_server.h"
#include "tests/testing/raw_call.h"

namespace cellar {
namespace {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

class HealthServiceTest : public testing::Test {
 protected:
  static HealthCheckRequest Of(const std::string& service) {
    HealthCheckRequest request;
    request.set_service(service);
    return request;
  }

  HealthCheckResponse::ServingStatus Check(const std::string& service) {
    grpc::ClientContext context;
    HealthCheckResponse response;
    EXPECT_TRUE(stub_->Check(&context, Of(service), &response).ok());
    return response.status();
  }

  HealthService service_{{"a.A", "a.B"}};
  QueueServer server_{service_, [this](CallQueue& queue) { service_.Serve(queue); }};
  std::unique_ptr<Health::Stub> stub_ = Health::NewStub(server_.InProcessChannel());
};

// A watch, read by hand.
class Watch {
 public:
  Watch(Health::Stub& stub, const HealthCheckRequest& request)
      : reader_(stub.Watch(&context_, request)) {}
  ~Watch() {
    context_.TryCancel();
    reader_->Finish();
  }

  HealthCheckResponse::ServingStatus Next() {
    HealthCheckResponse response;
    EXPECT_TRUE(reader_->Read(&response));
    return response.status();
  }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<HealthCheckResponse>> reader_;
};

TEST_F(HealthServiceTest, NothingIsServedBeforeItIsSaid) {
  EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
  service_.SetServing(true);
  for (const std::string name : {"", "a.A", "a.B"}) {
    EXPECT_EQ(Check(name), HealthCheckResponse::SERVING);
  }
}

TEST_F(HealthServiceTest, AServiceThatIsNoneOfOursIsNotFound) {
  grpc::ClientContext context;
  HealthCheckResponse response;
  EXPECT_EQ(stub_->Check(&context, Of("a.C"), &response).error_code(), grpc::StatusCode::NOT_FOUND);
  Watch watch(*stub_, Of("a.C"));
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVICE_UNKNOWN);
}

TEST_F(HealthServiceTest, WhatIsLongerThanAnyNameIsNotKept) {
  const HealthCheckRequest request = Of(std::string(1000, 'x'));
  {
    grpc::ClientContext context;
    HealthCheckResponse response;
    EXPECT_EQ(stub_->Check(&context, request, &response).error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
  grpc::ClientContext context;
  HealthCheckResponse response;
  const auto reader = stub_->Watch(&context, request);
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(HealthServiceTest, ARequestThatNeverComesIsTold) {
  for (const char* const method : {"Check", "Watch"}) {
    RawCall call(server_.InProcessChannel(), absl::StrCat("/grpc.health.v1.Health/", method));
    call.WritesDone();
    EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::INVALID_ARGUMENT) << method;
  }
}

TEST_F(HealthServiceTest, AWatchMayLeaveBeforeItSaysWhatItWatches) {
  RawCall call(server_.InProcessChannel(), "/grpc.health.v1.Health/Watch");
  service_.SetServing(true);
  call.context().TryCancel();
  EXPECT_EQ(call.Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_EQ(Check(""), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, WatchersAreToldOfEachChangeOnce) {
  service_.SetServing(true);
  Watch watch(*stub_, Of("a.A"));
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
  service_.SetServing(true);
  service_.SetServing(false);
  EXPECT_EQ(watch.Next(), HealthCheckResponse::NOT_SERVING);
  service_.SetServing(true);
  EXPECT_EQ(watch.Next(), HealthCheckResponse::SERVING);
}

TEST_F(HealthServiceTest, WatchersMayComeAndGoWhileTheStatusChanges) {
  std::atomic<bool> stop{false};
  std::thread switcher([&] {
    for (bool serving = false; !stop; serving = !serving) service_.SetServing(serving);
  });
  for (int i = 0; i < 200; ++i) {
    Watch watch(*stub_, Of(""));
    watch.Next();
  }
  stop = true;
  switcher.join();
  service_.SetServing(true);
  Watch last(*stub_, Of(""));
  EXPECT_EQ(last.Next(), HealthCheckResponse::SERVING);
}

}  // namespace
}  // namespace cellar
