// SessionService.StreamSteps on the wire: carries messages between gRPC and a StepStream, in the
// order that StepStreamFlow decides (flow_driver.h says on which thread). Events come from the
// queue's thread, from whoever made a step, from the session (takeover, deletion) and from the
// drain.
//
// Thread safety: internal; the queue calls the reactions.
// Ownership: owns itself until OnDone; whoever has a late event to tell shares it.
#ifndef CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_
#define CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_

#include <atomic>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/api/step_stream.h"
#include "server/rpc/admission.h"
#include "server/rpc/flow_driver.h"
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
        flow_(StepStreamFlow(limits)) {}

  // Lets the call in and makes its stream. Errors: why it is refused.
  absl::Status Enter(const StepStreamMaker& make_stream);

  // Reactions of the call.
  void OnReadDone(bool ok) override;
  void OnWriteDone() override;
  void OnCancel() override;
  void OnDone() override;

  // Tells the flow of an event (a function of StepStreamFlow&).
  template <class Event>
  void Happened(Event event);
  void Act(StepStreamFlow::Action& action);

  // Has the exchange of kOpen or kStep answered. A request that is charged for is given back before
  // its answer is told.
  void Answer(const StepStreamFlow::Action& action);

  // Of an exchange whose request may still be in it, and long: with no lock held.
  void GiveBack(std::unique_ptr<StepExchange> exchange);

  // Constant after Start.
  StepStreamWire& wire_;  // until OnDone
  Admission& admission_;
  Visit visit_;
  std::shared_ptr<StepStream> stream_;       // null: not let in
  std::shared_ptr<StepStreamReactor> self_;  // until OnDone

  // Of gRPC and of the visit, while they read.
  Incoming incoming_{Incoming::Into::kWhatSaysNothing};
  std::unique_ptr<StepExchange> arriving_;  // what it is read into

  FlowDriver<StepStreamFlow> flow_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_
