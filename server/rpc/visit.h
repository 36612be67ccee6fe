// A call's stay in the server, from its admission to its end: who calls, what the call takes, and
// how it is finished. Every method of ours has one for each of its calls.
//
// Thread safety: what takes bytes, and the ends, belong to one thread at a time, and so do reads,
// which may run beside them; the rest to any.
// Ownership: `api`, `admission` and the wire outlive it; what ForHandler gave outlives the visit.
#ifndef CELLAR_SERVER_RPC_VISIT_H_
#define CELLAR_SERVER_RPC_VISIT_H_

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/api/api.h"
#include "server/api/call_bytes.h"
#include "server/rpc/admission.h"
#include "server/rpc/incoming.h"
#include "server/rpc/wire.h"

namespace cellar {

class Visit {
 public:
  // Of a call of the method that takes `request`.
  Visit(Api& api, Admission& admission, Wire& wire, const google::protobuf::Descriptor& request);

  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

  // Learns who calls; the call has kLeastCallBytes then. The first thing to do, before anything
  // of a message is read. Errors: those of Admission::Identify, CALL_BYTES_LIMIT.
  absl::Status Identify();

  // Lets the call in: from now on a drain waits for it. Errors: DRAINING. REQUIRES: it is known who
  // calls.
  absl::Status Enter();

  // What handlers may know of the call. REQUIRES: it is inside.
  Call ForHandler() const;
  const SharedCaller& caller() const { return caller_; }

  // The client has gone; or the call is closed, and nobody waits for what is done for it.
  void Cancel() { cancelled_->store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_->load(std::memory_order_relaxed); }

  // The call has `bytes` from now on, kLeastCallBytes at least. Errors: CALL_BYTES_LIMIT; then it
  // has what it had. REQUIRES: it is known who calls.
  absl::Status SetBytes(int64_t bytes);

  // Takes what is there, like the answer of work that is done, though there may be no room for it;
  // and whether there is: to be asked before such work. Errors: CALL_BYTES_LIMIT. REQUIRES: it is
  // known who calls.
  void SetBytesAnyway(int64_t bytes) { bytes_->SetAnyway(std::max(kLeastCallBytes, bytes)); }
  absl::Status CheckRoom() const { return bytes_->CheckRoom(); }

  // Takes the bytes that a message holds in memory, or why it is none. Called once, on the thread
  // of Read before it returns or, for a message that is not quick to read, on a worker.
  using Arrival = absl::AnyInvocable<void(absl::StatusOr<int64_t> bytes)>;

  // Reads a message that has come into *message. Until it is read nothing else uses either, and the
  // wire is kept. Whether there is room for what it takes in memory is asked where it was read; one
  // that is not told of has been given back there, as that may take long. Errors told:
  // MESSAGE_SIZE_LIMIT, CALL_BYTES_LIMIT, BAD_REQUEST, STEP_QUEUE_LIMIT, DEADLINE_PASSED. REQUIRES:
  // the call is inside.
  void Read(Incoming& incoming, google::protobuf::Message* message, Arrival arrival);

  // The same for calls that take one message, and are let in only with that: a drain does not wait
  // for what may never be sent. `came`: whether it is there. Errors told: as Enter and Read, and
  // BAD_REQUEST if there is none. REQUIRES: it is known who calls.
  void ReadOnlyMessage(bool came, Incoming& incoming, google::protobuf::Message* message,
                       Arrival arrival);

  // Whether a message of the call was read on a worker: then its arrival is told there, and what
  // takes long can be done there and then, where the memory is.
  bool has_read_on_worker() const { return has_read_on_worker_; }

  // Runs `work` as RunOnWorker does; who has gone is told CANCELLED. REQUIRES: the call is inside.
  void RunOnWorker(absl::AnyInvocable<void(absl::Status)> work);

  // To be called before a message that may have many parts is destroyed: if the end is forced, what
  // is in it is left to the end of the process (left_to_the_end.h).
  void LeaveIfForced(google::protobuf::Message& message);

  // Has a worker give back what is left of the call, of so many bytes, which are charged for until
  // then, also when the call is gone. REQUIRES: it is known who calls.
  void GiveBackOnWorker(std::shared_ptr<void> left, int64_t bytes);

  // Ends the call, inside or not; the first of the two last things to do. REQUIRES: called once.
  void Finish(const absl::Status& status) { wire_.Finish(Close(status)); }

  // The same for a call whose last answer goes with its end: what to finish it with, once it has
  // been noted. (A call that is cancelled when its deadline has passed is noted as that, which gRPC
  // tells the client by itself.)
  grpc::Status Close(const absl::Status& status);

  // Gives back what the call has, and leaves. The last thing to do, in OnDone.
  void Leave();

 private:
  // How many bytes a message takes that had so many on the wire, once it is charged for; `waiting`
  // is what it was charged for so far, and is given back. Errors: CALL_BYTES_LIMIT; then it is
  // given back, too.
  absl::StatusOr<int64_t> Charge(google::protobuf::Message& message, int64_t wire_bytes,
                                 CallBytes& waiting);

  // Empties the message: one of many parts would keep its memory, also cleared.
  void GiveBack(google::protobuf::Message& message);

  Api& api_;
  Admission& admission_;
  Wire& wire_;
  const google::protobuf::Descriptor& request_;
  const absl::Time deadline_;
  SharedCaller caller_;  // null: nobody who is known
  bool inside_ = false;
  bool has_read_on_worker_ = false;
  std::optional<CallBytes> bytes_;  // once it is known who calls
  // Shared with what works for the call, which may outlive it.
  const std::shared_ptr<std::atomic<bool>> cancelled_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_VISIT_H_
