#include "server/rpc/call_queue.h"

namespace cellar {

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

// Until the queue is shut down and empty.
void CallQueue::Serve() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) static_cast<QueueEvent*>(tag)->Happen(ok);
}

}  // namespace cellar
