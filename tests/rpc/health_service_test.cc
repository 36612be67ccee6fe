#include "server/rpc/health_service.h"

#include <atomic>
#include <deque>
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

  static constexpr size_t kWatches = 4;
  static constexpr size_t kAskers = 5;

  HealthService service_{{"a.A", "a.B"}, {.watches = kWatches, .askers = kAskers}};
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

TEST_F(HealthServiceTest, WhoSaysNothingMakesRoomForOthersWhenThereAreMany) {
  for (const char* const method : {"Check", "Watch"}) {
    SCOPED_TRACE(method);
    std::deque<RawCall> silent;
    const auto come = [&] {
      silent.emplace_back(server_.InProcessChannel(),
                          absl::StrCat("/grpc.health.v1.Health/", method));
    };
    while (silent.size() < kAskers) come();
    while (silent.size() < 3 * kAskers) {
      come();
      EXPECT_EQ(silent[silent.size() - kAskers - 1].Finish().error_code(),
                grpc::StatusCode::RESOURCE_EXHAUSTED);
    }
    EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING) << "who says something is answered";
    Watch watch(*stub_, Of(""));
    EXPECT_EQ(watch.Next(), HealthCheckResponse::NOT_SERVING);
    for (size_t k = 2 * kAskers + 2; k < silent.size(); ++k) {
      silent[k].Write("");
      EXPECT_TRUE(silent[k].Read().has_value()) << "also late";
      silent[k].context().TryCancel();
      silent[k].Finish();
    }
  }
}

TEST_F(HealthServiceTest, WatchesThatSayWhatTheyWatchAreCountedAndOthersAreNot) {
  std::deque<RawCall> silent;
  for (size_t k = 0; k < kAskers; ++k) {
    silent.emplace_back(server_.InProcessChannel(), "/grpc.health.v1.Health/Watch");
  }
  {
    std::deque<Watch> watches;
    for (size_t k = 0; k < kWatches; ++k) watches.emplace_back(*stub_, Of("a.A")).Next();
    RawCall one_more(server_.InProcessChannel(), "/grpc.health.v1.Health/Watch");
    one_more.Write("");
    EXPECT_EQ(one_more.Finish().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    EXPECT_EQ(Check(""), HealthCheckResponse::NOT_SERVING);
  }
  // The places of those that left are free as soon as the queue's thread has heard of it.
  grpc::Status refused;
  do {
    RawCall again(server_.InProcessChannel(), "/grpc.health.v1.Health/Watch");
    again.Write("");
    refused = grpc::Status();
    if (again.Read().has_value()) {
      again.context().TryCancel();
      again.Finish();
    } else {
      refused = again.Finish();
      EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
    }
  } while (!refused.ok());
  for (RawCall& call : silent) call.context().TryCancel();
}

}  // namespace
}  // namespace cellar
