// The completion queue that calls run on, and the one thread that serves it: it reads a message,
// has it worked on, if that is cheap at once, and writes the answer, with no other thread in
// between (why: decisions/2026-11-26-completion-queue.md).
//
// Thread safety: Start, Stop and the destructor belong to one thread; the rest may be called from
// any.
#ifndef CELLAR_SERVER_RPC_CALL_QUEUE_H_
#define CELLAR_SERVER_RPC_CALL_QUEUE_H_

#include <cstdint>
#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/completion_queue.h"
#include "grpcpp/server_builder.h"
#include "server/base/clock.h"

namespace cellar {

// Something that gRPC was asked for. Its address is the tag by which the queue knows it.
class QueueEvent {
 public:
  // It has happened, or (not `ok`) will not. Called by the queue's thread, once for each time that
  // gRPC was asked.
  virtual void Happen(bool ok) = 0;

  void* tag() { return this; }

 protected:
  ~QueueEvent() = default;
};

class CallQueue {
 public:
  // Of the server that `builder` will build. For `busy_poll` after each event the thread keeps
  // asking for the next one before it sleeps: that takes a core, and saves waking up.
  explicit CallQueue(grpc::ServerBuilder& builder, absl::Duration busy_poll = absl::ZeroDuration(),
                     Clock& clock = SystemClock())
      : queue_(builder.AddCompletionQueue()),
        idle_queue_(builder.AddCompletionQueue()),
        busy_poll_(busy_poll),
        clock_(clock) {}

  // REQUIRES: stopped, or never started.
  ~CallQueue() = default;

  CallQueue(const CallQueue&) = delete;
  CallQueue& operator=(const CallQueue&) = delete;

  // Starts the thread. REQUIRES: the server has been built.
  void Start();

  // Waits until every call has ended, and ends the thread. REQUIRES: the server has been shut down,
  // and still exists. Idempotent.
  void Stop();

  // For calls.
  grpc::ServerCompletionQueue* queue() { return queue_.get(); }

  // A call has one from before it asks gRPC for anything until nothing of it is left, and gives it
  // up last of all: Stop waits for that.
  class Place {
   public:
    explicit Place(CallQueue& queue) : queue_(queue) { queue_.Enter(); }
    ~Place() { queue_.Leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    CallQueue& queue() const { return queue_; }

   private:
    CallQueue& queue_;
  };

 private:
  void Enter() ABSL_LOCKS_EXCLUDED(mutex_);
  void Leave() ABSL_LOCKS_EXCLUDED(mutex_);
  void Serve();

  // Waits for the next event. Returns whether there is one; none comes any more once the queue is
  // shut down and empty.
  bool Next(void** tag, bool* ok);

  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  // Has no events, ever. Asking it looks at the connections.
  const std::unique_ptr<grpc::ServerCompletionQueue> idle_queue_;
  const absl::Duration busy_poll_;
  Clock& clock_;
  std::thread thread_;
  absl::Mutex mutex_;
  int64_t calls_ ABSL_GUARDED_BY(mutex_) = 0;  // that may still ask gRPC for something
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_CALL_QUEUE_H_
