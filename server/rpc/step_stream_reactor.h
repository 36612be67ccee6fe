// SessionService.StreamSteps on the wire: carries messages between gRPC and a StepStream, in the
// order that StepStreamFlow decides. Events come from the queue's thread, from whoever made a step,
// from the session (takeover, deletion) and from the drain.
//
// Thread safety and ownership: as a StreamCall; shared by whoever makes a step.
#ifndef CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_
#define CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cellar/v1/session_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/api/step_stream.h"
#include "server/rpc/admission.h"
#include "server/rpc/incoming.h"
#include "server/rpc/step_stream_flow.h"
#include "server/rpc/stream_call.h"
#include "server/rpc/wires.h"

namespace cellar {

using StepStreamWire = StreamWire<v1::StreamStepsResponse>;

// StepStream::Create of an Api, or a fake's.
using StepStreamMaker = std::function<absl::StatusOr<std::shared_ptr<StepStream>>(
    Call call, std::function<void(absl::Status)> on_end)>;

class StepStreamReactor final : public StreamCall<StepStreamFlow> {
 public:
  // Starts the reactor of a new call; a call that is not let in is finished at once. `api` and
  // `admission` outlive it.
  static Reactor* Start(StepStreamWire& wire, Api& api, Admission& admission,
                        StepStreamFlow::Limits limits, const StepStreamMaker& make_stream);

 private:
  StepStreamReactor(StepStreamWire& wire, Api& api, Admission& admission,
                    StepStreamFlow::Limits limits)
      : StreamCall(api, admission, wire, *v1::StreamStepsRequest::descriptor(),
                   StepStreamFlow(limits)),
        wire_(wire) {}

  absl::Status MakeStream(const StepStreamMaker& make_stream);

  // Reactions of the call.
  void OnReadDone(bool ok) override;
  void OnWriteDone() override;

  void Act(StepStreamFlow::Action& action) override;

  // Has the exchange of kOpen or kStep answered. A request that is charged for is given back before
  // its answer is told.
  void Answer(const StepStreamFlow::Action& action);

  // Of an exchange whose request may still be in it, and long: with no lock held.
  void GiveBack(std::unique_ptr<StepExchange> exchange);

  // Constant after Start.
  StepStreamWire& wire_;                // until OnDone
  std::shared_ptr<StepStream> stream_;  // null: not let in

  // Of gRPC and of the visit, while they read.
  Incoming incoming_{Incoming::Into::kWhatSaysNothing};
  std::unique_ptr<StepExchange> arriving_;  // what it is read into
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_STEP_STREAM_REACTOR_H_
