#include "server/rpc/call_queue.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
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
  std::optional<CallQueue::Place> first(*queue_);
  std::optional<CallQueue::Place> second(*queue_);
  first.reset();
  server_->Shutdown();
  std::atomic<bool> left{false};
  std::atomic<bool> left_before{false};
  std::thread stopper([&] {
    queue_->Stop();
    left_before = left.load();
  });
  for (int i = 0; i < 100; ++i) std::this_thread::yield();  // time to stop too early
  left = true;
  second.reset();
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
  NotedEvent events[3];  // made before the thread, as nobody sees that gRPC orders them
  queue.Start();
  for (NotedEvent& event : events) {
    grpc::Alarm alarm;
    alarm.Set(queue.queue(), gpr_time_0(GPR_CLOCK_MONOTONIC), event.tag());
    event.happened.WaitForNotification();
    clock.Advance(absl::Seconds(1));  // it sleeps, and is woken up
  }
  server->Shutdown();
  queue.Stop();
}

// Happens over and over again, so that the queue is never empty, until it is told to stop.
class EndlessEvent final : public QueueEvent {
 public:
  explicit EndlessEvent(CallQueue& queue) : queue_(queue) { Begin(); }

  void Happen(bool) override {
    if (++times_ == kMostTimes || stopping.load()) return ended.Notify();
    Begin();
  }

  static constexpr int kMostTimes = 1'000'000;
  std::atomic<bool> stopping{false};
  absl::Notification ended;
  int times() const { return times_; }

 private:
  void Begin() { alarms_[times_ % 2].Set(queue_.queue(), gpr_time_0(GPR_CLOCK_MONOTONIC), tag()); }

  CallQueue& queue_;
  grpc::Alarm alarms_[2];
  int times_ = 0;
};

// A client without gRPC, whose threads would look at the server's connections as well: greets, and
// waits for the server's own greeting.
void Greet(int port) {
  const int socket_number = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(connect(socket_number, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  const std::string greeting =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
  ASSERT_EQ(write(socket_number, greeting.data(), greeting.size()),
            static_cast<ssize_t>(greeting.size()));
  char answer[9];
  EXPECT_EQ(recv(socket_number, answer, sizeof(answer), MSG_WAITALL), 9);
  close(socket_number);
}

TEST_F(CallQueueTest, HearsEverybodyThoughItIsNeverEmpty) {
  server_->Shutdown();
  v1::SessionService::AsyncService service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  CallQueue queue(builder);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  EndlessEvent endless(queue);
  queue.Start();
  Greet(port);
  endless.stopping = true;
  endless.ended.WaitForNotification();
  EXPECT_LT(endless.times(), EndlessEvent::kMostTimes);
  server->Shutdown();
  queue.Stop();
}

TEST_F(CallQueueTest, MayGoWithoutEverHavingStarted) { server_->Shutdown(); }

}  // namespace
}  // namespace cellar
