#include "server/rpc/call_queue.h"

#include "grpc/support/time.h"

namespace cellar {
namespace {

// gRPC looks at the connections only when the queue is empty. It never is while somebody has sent
// many messages ahead, and nobody else would be heard. So we look at them after every so many
// events: an event takes some 4 us, a look less than one.
constexpr int kEventsBetweenLooks = 64;

}  // namespace

void CallQueue::Stop() {
  if (!thread_.joinable()) return;
  {
    // Work may be under way for calls that the server has cancelled; a queue that is shut down
    // takes nothing from it any more.
    absl::MutexLock lock(&mutex_);
    const auto none = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return calls_ == 0; };
    mutex_.Await(absl::Condition(&none));
  }
  queue_->Shutdown();
  thread_.join();
  idle_queue_->Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (idle_queue_->Next(&tag, &ok)) {
  }
}

void CallQueue::Start() {
  thread_ = std::thread([this] { Serve(); });
}

void CallQueue::Enter() {
  absl::MutexLock lock(&mutex_);
  ++calls_;
}

void CallQueue::Leave() {
  absl::MutexLock lock(&mutex_);
  --calls_;
}

void CallQueue::Serve() {
  void* tag = nullptr;
  bool ok = false;
  for (uint64_t events = 1; Next(&tag, &ok); ++events) {
    static_cast<QueueEvent*>(tag)->Happen(ok);
    if (events % kEventsBetweenLooks == 0) {
      idle_queue_->AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC));
    }
  }
}

bool CallQueue::Next(void** tag, bool* ok) {
  if (busy_poll_ > absl::ZeroDuration()) {
    const absl::Time until = clock_.Now() + busy_poll_;
    do {
      const auto next = queue_->AsyncNext(tag, ok, gpr_time_0(GPR_CLOCK_MONOTONIC));
      if (next != grpc::CompletionQueue::TIMEOUT) return next == grpc::CompletionQueue::GOT_EVENT;
    } while (clock_.Now() < until);
  }
  return queue_->Next(tag, ok);
}

}  // namespace cellar
