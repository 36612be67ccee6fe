// A call of many messages that a flow drives (flow_driver.h): how it is let in, told to end, and
// goes. What its messages mean is its subclass's.
//
// Thread safety: internal; the queue, workers and the drain call it from any thread.
// Ownership: owns itself from Start until OnDone; whoever has a late event to tell shares it,
// perhaps a little longer than the server lives. `api`, `admission` and the wire outlive OnDone.
#ifndef CELLAR_SERVER_RPC_STREAM_CALL_H_
#define CELLAR_SERVER_RPC_STREAM_CALL_H_

#include <memory>
#include <utility>

#include "absl/status/status.h"
#include "google/protobuf/descriptor.h"
#include "server/api/api.h"
#include "server/base/status_macros.h"
#include "server/rpc/admission.h"
#include "server/rpc/flow_driver.h"
#include "server/rpc/rpc_errors.h"
#include "server/rpc/visit.h"
#include "server/rpc/wire.h"

namespace cellar {

// A Flow also has End(status), to take no more, and Cancel(), as the client has gone.
template <class Flow>
class StreamCall : public Reactor,
                   public DrainListener,
                   public std::enable_shared_from_this<StreamCall<Flow>> {
 public:
  void EndForDrain() final {
    Happened([](Flow& flow) { flow.End(Draining()); });
  }

 protected:
  // Of the method that takes `request`.
  StreamCall(Api& api, Admission& admission, Wire& wire,
             const google::protobuf::Descriptor& request, Flow flow = Flow())
      : visit_(api, admission, wire, request), admission_(admission), driver_(std::move(flow)) {}

  // Begins; a call that is not let in is finished at once, before anything of it is read. Once it
  // is inside `prepare` makes what it needs, or returns why it is refused.
  template <class Prepare>
  Reactor* Start(Prepare prepare) {
    self_ = this->shared_from_this();
    absl::Status refused = Enter(prepare);
    // The queue's thread is here: OnDone comes after this has returned.
    Happened([&](Flow& flow) {
      if (!refused.ok()) flow.End(std::move(refused));
    });
    return this;
  }

  // Tells the flow of an event (a function of Flow&).
  template <class Event>
  void Happened(Event event) {
    driver_.Happened(std::move(event), [this](typename Flow::Action& action) { Act(action); });
  }

  Visit visit_;

 private:
  // Carries out what the flow says is next.
  virtual void Act(typename Flow::Action& action) = 0;

  // The call is done: gives back what is the server's, or takes long, before the visit ends.
  virtual void GiveBackAll() {}

  template <class Prepare>
  absl::Status Enter(Prepare& prepare) {
    CELLAR_RETURN_IF_ERROR(visit_.Identify());
    CELLAR_RETURN_IF_ERROR(visit_.Enter());
    CELLAR_RETURN_IF_ERROR(prepare());
    admission_.Tell(this->shared_from_this());
    return absl::OkStatus();
  }

  void OnCancel() final {
    visit_.Cancel();
    Happened([](Flow& flow) { flow.Cancel(); });
  }

  void OnDone() final {
    admission_.Forget(this);
    GiveBackAll();
    visit_.Leave();
    self_.reset();
  }

  Admission& admission_;
  FlowDriver<Flow> driver_;
  std::shared_ptr<StreamCall> self_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_STREAM_CALL_H_
