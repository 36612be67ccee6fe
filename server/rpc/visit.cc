#include "server/rpc/visit.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "server/api/api_errors.h"
#include "server/api/on_worker.h"
#include "server/base/status_macros.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/left_to_the_end.h"
#include "server/rpc/message_space.h"
#include "server/rpc/rpc_errors.h"

namespace cellar {
namespace {

// What a message takes that had so many bytes on the wire. The smallest are not worth counting.
int64_t BytesOf(const google::protobuf::Message& message, int64_t wire_bytes) {
  constexpr int64_t kSmallest = 256;
  if (wire_bytes <= kSmallest) return wire_bytes;
  return std::max(wire_bytes, MessageSpace(message));
}

// Takes what is in a message out of it. Clearing it would keep the memory.
std::unique_ptr<google::protobuf::Message> TakeOut(google::protobuf::Message& message) {
  std::unique_ptr<google::protobuf::Message> taken(message.New());
  message.GetReflection()->Swap(&message, taken.get());
  return taken;
}

}  // namespace

Visit::Visit(Api& api, Admission& admission, Wire& wire,
             const google::protobuf::Descriptor& request)
    : api_(api),
      admission_(admission),
      wire_(wire),
      request_(request),
      deadline_(CallDeadline(wire.context().deadline())) {}

absl::Status Visit::Identify() {
  CELLAR_ASSIGN_OR_RETURN(caller_, admission_.Identify(wire_.context(), request_));
  bytes_.emplace(api_.call_bytes, caller_->tenant);
  return SetBytes(0);
}

absl::Status Visit::Enter() {
  CELLAR_RETURN_IF_ERROR(admission_.Enter());
  inside_ = true;
  return absl::OkStatus();
}

Call Visit::ForHandler() const {
  Call call(caller_);
  call.deadline = deadline_;
  call.cancelled = [cancelled = cancelled_] { return cancelled->load(std::memory_order_relaxed); };
  return call;
}

absl::Status Visit::SetBytes(int64_t bytes) {
  return bytes_->Set(std::max(kLeastCallBytes, bytes));
}

void Visit::Read(Incoming& incoming, google::protobuf::Message* message, Arrival arrival) {
  const int64_t bytes = incoming.bytes();
  // What it takes until it is read, beside the least that the call has already.
  CallBytes waiting(api_.call_bytes, caller_->tenant);
  absl::Status taken = incoming.CheckLength(api_.limits.max_message_bytes);
  if (taken.ok()) taken = waiting.Set(std::max<int64_t>(0, bytes - kLeastCallBytes));
  const bool is_quick = taken.ok() && incoming.IsQuick(*message->GetDescriptor());
  if (is_quick) taken = incoming.ReadInto(message);
  if (!taken.ok()) {
    GiveBack(*message);
    incoming.Drop();
    waiting.SetAnyway(0);
    return arrival(std::move(taken));
  }
  if (is_quick) return arrival(Charge(*message, bytes, waiting));
  wire_.Keep();
  RunOnWorker([this, &incoming, message, bytes, waiting = std::move(waiting),
               arrival = std::move(arrival)](absl::Status may_run) mutable {
    has_read_on_worker_ = true;
    if (may_run.ok()) may_run = incoming.ReadWhile([this] { return !cancelled(); }, message);
    incoming.Drop();
    if (may_run.ok()) {
      arrival(Charge(*message, bytes, waiting));
    } else {
      GiveBack(*message);
      waiting.SetAnyway(0);
      arrival(std::move(may_run));
    }
    wire_.Release();  // perhaps this is gone
  });
}

absl::StatusOr<int64_t> Visit::Charge(google::protobuf::Message& message, int64_t wire_bytes,
                                      CallBytes& waiting) {
  const int64_t bytes = BytesOf(message, wire_bytes);
  absl::Status full = waiting.Set(std::max<int64_t>(0, bytes - kLeastCallBytes));
  if (!full.ok()) GiveBack(message);
  waiting.SetAnyway(0);  // whoever takes it is charged for it
  if (!full.ok()) return full;
  return bytes;
}

void Visit::ReadOnlyMessage(bool came, Incoming& incoming, google::protobuf::Message* message,
                            Arrival arrival) {
  absl::Status entered = Enter();
  if (entered.ok() && !came) entered = cancelled() ? CallCancelled() : NoMessage(request_);
  if (!entered.ok()) return arrival(std::move(entered));
  Read(incoming, message, std::move(arrival));
}

void Visit::RunOnWorker(absl::AnyInvocable<void(absl::Status)> work) {
  cellar::RunOnWorker(
      api_.scheduler, caller_->tenant, deadline_,
      [cancelled = cancelled_, work = std::move(work)](absl::Status may_run) mutable {
        const bool gone = may_run.ok() && cancelled->load(std::memory_order_relaxed);
        work(gone ? CallCancelled() : std::move(may_run));
      });
}

void Visit::GiveBack(google::protobuf::Message& message) {
  LeaveIfForced(message);
  TakeOut(message);
}

void Visit::LeaveIfForced(google::protobuf::Message& message) {
  if (admission_.forced()->load(std::memory_order_relaxed)) LeaveToTheEnd(TakeOut(message));
}

void Visit::GiveBackOnWorker(std::shared_ptr<void> left, int64_t bytes) {
  CallBytes taken(api_.call_bytes, caller_->tenant);
  taken.SetAnyway(bytes);
  RunOnWorker([left = std::move(left), taken = std::move(taken),
               forced = admission_.forced()](const absl::Status&) mutable {
    if (forced->load(std::memory_order_relaxed)) LeaveToTheEnd(std::move(left));
    left.reset();
    taken.SetAnyway(0);
  });
}

grpc::Status Visit::Close(const absl::Status& status) {
  Cancel();  // gRPC does not tell of the end that we give a call: what is still read for it stops
  const bool too_late = absl::IsCancelled(status) && api_.clock.Now() >= deadline_;
  return admission_.Close(wire_.context(), request_, caller_.get(),
                          too_late ? DeadlineExceeded() : status);
}

void Visit::Leave() {
  bytes_.reset();  // whoever finds nobody inside finds nothing taken
  if (std::exchange(inside_, false)) admission_.Leave();
}

}  // namespace cellar
