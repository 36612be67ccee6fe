// A call on a completion queue: what gRPC's asynchronous API does with tags, said with reactions.
// wires.h has one class for each kind of method.
//
// Thread safety: what a Wire can do may be called from any thread; one read and one write may be
// under way at a time, and nothing is begun after the end. The reactions are called by the queue's
// thread, one at a time; but OnDone by whoever calls Release, if that is the last.
// Ownership: a Wire deletes itself, after OnDone.
#ifndef CELLAR_SERVER_RPC_WIRE_H_
#define CELLAR_SERVER_RPC_WIRE_H_

#include <atomic>

#include "grpc/grpc.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/status.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/incoming.h"
#include "server/rpc/read_operation.h"

namespace cellar {

// What reacts to what happens to a call.
class Reactor {
 public:
  // A read has ended, not ok: no message will come, as the client has said, or else after OnCancel.
  virtual void OnReadDone(bool) {}
  // A write has ended, or cannot: then after OnCancel.
  virtual void OnWriteDone() {}
  // The client has gone, its deadline has passed, or the server ends the call by force. Comes once
  // at most; once the call has been finished it may come too, and says nothing then.
  virtual void OnCancel() {}
  // The last one, once the call has been finished: gRPC uses no message any more, and the Wire is
  // gone after it.
  virtual void OnDone() = 0;

 protected:
  virtual ~Reactor() = default;
};

class Wire {
 public:
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  grpc::ServerContext& context() { return context_; }

  // Keeps the call from OnDone until Release. REQUIRES: OnDone has not come.
  void Keep() { due_.fetch_add(1); }
  void Release() { OneLess(); }

  // Reads the next message.
  void Read(Incoming* message) { StartRead<grpc::ByteBuffer>(nullptr, message); }

  // Ends the call; with an answer, if there is one and the status is OK. REQUIRES: called once.
  virtual void Finish(const grpc::Status& status) = 0;

 protected:
  explicit Wire(CallQueue& queue);
  virtual ~Wire() = default;

  // The call has come: waits for the next one of its method, and makes what reacts to this one,
  // which may use it at once.
  virtual Reactor* Begin() = 0;

  // Reads, and writes what is not null, as ReadOperation.
  template <class Written>
  void StartRead(const Written* written, Incoming* message) {
    due_.fetch_add(1);
    operation_.Start(context_.c_call(), written, message->buffer());
  }

  CallQueue& queue() { return place_.queue(); }

  // Tags of what gRPC is asked for.
  void* BeginTag() { return begun_.tag(); }
  void* WriteTag() { return DueTag(written_, 1); }
  void* FinishTag() { return DueTag(finished_, 0); }  // counted from the start

 private:
  void Begun(bool ok);
  void ReadEnded(bool ok);
  void Written(bool ok);
  void Finished(bool ok);
  void Ended(bool ok);

  // Tells the reactor before whatever fails because of that: who sees a read end must not take a
  // broken connection for the end of what the client had to say.
  void Gone();

  // Five of every call: its reaction is its type, not its memory.
  template <void (Wire::*kReaction)(bool)>
  class Event final : public QueueEvent {
   public:
    explicit Event(Wire& wire) : wire_(wire) {}
    void Happen(bool ok) override {
      wire_.due_.load();  // as DueTag says
      (wire_.*kReaction)(ok);
    }

   private:
    Wire& wire_;
  };

  // Also orders what was done before gRPC was asked, on whatever thread, before the reaction: gRPC
  // does so too, but nobody can see that from here.
  void* DueTag(QueueEvent& event, int more) {
    due_.fetch_add(more);
    return event.tag();
  }

  void OneLess();

  const CallQueue::Place place_;  // the first: given up when all the rest is gone
  Reactor* reactor_ = nullptr;
  bool gone_ = false;  // the queue's thread's
  grpc::ServerContext context_;
  Event<&Wire::Begun> begun_{*this};
  Event<&Wire::ReadEnded> read_{*this};
  Event<&Wire::Written> written_{*this};
  Event<&Wire::Finished> finished_{*this};
  Event<&Wire::Ended> ended_{*this};  // gRPC's: the call is over on both sides
  ReadOperation operation_{read_.tag()};
  // Events to come once the call has begun: those of the two ends, of reads and writes, and of
  // whoever keeps it.
  std::atomic<int> due_{2};
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_WIRE_H_
