// SessionService.StreamSteps on the wire: carries messages between gRPC and a StepStream, in the
// order that StepStreamFlow decides.
//
// Events come from the queue's thread (a read or write ended, the client has gone), from whoever
// made a step, from the session (takeover, deletion) and from the drain. Each is noted under a
// lock; then one thread, whichever finds nobody else at it, carries out what is to be done next,
// one action after another, with no lock held. So reads, writes, handlers and Finish never overlap,
// Finish is the last of them, and a chain of cheap steps is a loop, not a recursion.
//
// Thread safety: internal; the queue calls the reactions.
// Ownership: owns itself until OnDone; whoever has a late event to tell shares it.
#ifndef CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_
#define CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_

#include <atomic>
#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/api/step_stream.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_bytes.h"
#include "server/rpc/incoming.h"
#include "server/rpc/step_stream_flow.h"
#include "server/rpc/visit.h"
#include "server/rpc/wires.h"

namespace cellar {

using StepStreamWire = StreamWire<v1::StreamStepsResponse>;

// StepStream::Create of an Api, or a fake's.
using StepStreamMaker = std::function<absl::StatusOr<std::shared_ptr<StepStream>>(
    Call call, std::function<void(absl::Status)> on_end)>;

class StepStreamReactor final : public Reactor,
                                public DrainListener,
                                public std::enable_shared_from_this<StepStreamReactor> {
 public:
  // Starts the reactor of a new call; a call that is not let in is finished at once. `api` and
  // `admission` outlive it.
  static Reactor* Start(StepStreamWire& wire, Api& api, Admission& admission,
                        StepStreamFlow::Limits limits, const StepStreamMaker& make_stream);

  void EndForDrain() override;

 private:
  StepStreamReactor(StepStreamWire& wire, Api& api, Admission& admission,
                    StepStreamFlow::Limits limits)
      : wire_(wire),
        admission_(admission),
        visit_(api, admission, wire, *v1::StreamStepsRequest::descriptor()),
        flow_(limits) {}

  // Lets the call in and makes its stream. Errors: why it is refused.
  absl::Status Enter(const StepStreamMaker& make_stream);

  // Reactions of the call.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Notes an event and carries out what it makes possible, unless another thread does so already.
  template <class Event>
  void Happened(Event event) ABSL_LOCKS_EXCLUDED(mutex_);

  // Carries out actions until there is none. REQUIRES: acting_ was set by the caller.
  void Act() ABSL_LOCKS_EXCLUDED(mutex_);

  // The next action, and what the stream is to be charged for before it, if that has changed.
  // Clears acting_ if there is neither. After kFinish acting_ stays set: nobody acts any more.
  StepStreamFlow::Action NextAction(std::optional<int64_t>& charge) ABSL_LOCKS_EXCLUDED(mutex_);

  // Has the stream charged for what it holds, and a little ahead, in steps so large that small
  // messages cost nothing; ends it if there is no room.
  void Charge(int64_t bytes) ABSL_LOCKS_EXCLUDED(mutex_);

  // Has the exchange of kOpen or kStep answered.
  void Answer(const StepStreamFlow::Action& action);

  // Constant after Start.
  StepStreamWire& wire_;  // until OnDone
  Admission& admission_;
  Visit visit_;
  std::shared_ptr<StepStream> stream_;       // null: not let in
  std::shared_ptr<StepStreamReactor> self_;  // until OnDone

  // Of gRPC and of the visit, while they read.
  Incoming incoming_;
  v1::StreamStepsRequest* reading_ = nullptr;  // what it is read into

  // Of the thread that acts.
  int64_t asked_charge_ = kLeastCallBytes;  // what the call was to hold last

  absl::Mutex mutex_;
  StepStreamFlow flow_ ABSL_GUARDED_BY(mutex_);
  bool acting_ ABSL_GUARDED_BY(mutex_) = true;  // Start does, first of all
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_
