#include "server/rpc/call_queue.h"

#include <atomic>
#include <memory>
#include <thread>

#include "absl/synchronization/notification.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "grpcpp/alarm.h"
#include "grpcpp/server.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

class CallQueueTest : public testing::Test {
 protected:
  CallQueueTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    queue_ = std::make_unique<CallQueue>(builder);
    server_ = builder.BuildAndStart();
  }

  v1::SessionService::AsyncService service_;
  std::unique_ptr<CallQueue> queue_;
  std::unique_ptr<grpc::Server> server_;
};

class NotedEvent final : public QueueEvent {
 public:
  void Happen(bool) override {
    thread = std::this_thread::get_id();
    happened.Notify();
  }

  std::thread::id thread;
  absl::Notification happened;
};

TEST_F(CallQueueTest, EventsHappenOnItsThread) {
  NotedEvent first;
  NotedEvent second;
  queue_->Start();
  for (NotedEvent* const event : {&first, &second}) {
    grpc::Alarm alarm;
    alarm.Set(queue_->queue(), gpr_time_0(GPR_CLOCK_MONOTONIC), event->tag());
    event->happened.WaitForNotification();
  }
  EXPECT_EQ(first.thread, second.thread);
  EXPECT_NE(first.thread, std::this_thread::get_id());
  server_->Shutdown();
  queue_->Stop();
}

TEST_F(CallQueueTest, StopsWhenTheLastCallHasLeft) {
  queue_->Start();
  queue_->Enter();
  queue_->Enter();
  queue_->Leave();
  server_->Shutdown();
  std::atomic<bool> left{false};
  std::atomic<bool> left_before{false};
  std::thread stopper([&] {
    queue_->Stop();
    left_before = left.load();
  });
  for (int i = 0; i < 100; ++i) std::this_thread::yield();  // time to stop too early
  left = true;
  queue_->Leave();
  stopper.join();
  EXPECT_TRUE(left_before);
  queue_->Stop();  // nothing more happens
}

// Time stands still: the thread never sleeps, and still sees the end.
TEST_F(CallQueueTest, MayAskWithoutSleeping) {
  server_->Shutdown();
  FakeClock clock;
  v1::SessionService::AsyncService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  CallQueue queue(builder, absl::Microseconds(50), clock);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  queue.Start();
  for (int i = 0; i < 3; ++i) {
    NotedEvent event;
    grpc::Alarm alarm;
    alarm.Set(queue.queue(), gpr_time_0(GPR_CLOCK_MONOTONIC), event.tag());
    event.happened.WaitForNotification();
    clock.Advance(absl::Seconds(i));  // it sleeps, and is woken up
  }
  server->Shutdown();
  queue.Stop();
}

TEST_F(CallQueueTest, MayGoWithoutEverHavingStarted) { server_->Shutdown(); }

}  // namespace
}  // namespace cellar
