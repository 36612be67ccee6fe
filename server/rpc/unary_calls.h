// How unary methods run: one line a method.
//
//   Here        on the queue's thread: for cheap work, as one thread serves all calls.
//   OnWorker    on a worker.
//   OnWorkerIf  on a worker if the request is dear to answer.
//
// A handler either returns the outcome, or waits for a session's turn or for the store and calls
// Done with it, from wherever.
//
// Each lets the call in first (Admission, who calls, MESSAGE_SIZE_LIMIT) and translates the status
// at its end. A call whose client has gone is still finished, once, by its handler: request,
// response and call stay until then.
//
// Thread safety: calls may be completed from any thread.
// Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_UNARY_CALLS_H_
#define CELLAR_SERVER_RPC_UNARY_CALLS_H_

#include <atomic>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_bytes.h"
#include "server/rpc/call_deadline.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/refusal.h"
#include "server/rpc/wires.h"

namespace cellar {

// One unary call from its admission to its end; deletes itself.
class UnaryCall final : public Reactor {
 public:
  // Lets the call in. Errors: those of Admission::Identify, DRAINING, MESSAGE_SIZE_LIMIT,
  // CALL_BYTES_LIMIT.
  static absl::StatusOr<UnaryCall*> Begin(Api& api, Admission& admission, Wire& wire,
                                          const google::protobuf::Message& request);

  // What handlers may know; its `cancelled` may be asked until Complete.
  Call ForHandler() const;

  // Ends the call. REQUIRES: called once; the object is not used after it.
  void Complete(const absl::Status& status);

  // Runs `work`, which completes the call, on a worker; or completes with why it cannot.
  void RunOnWorker(Scheduler& scheduler, absl::AnyInvocable<void()> work);

 private:
  UnaryCall(Admission& admission, Wire& wire, const google::protobuf::Descriptor& kind,
            SharedCaller caller, CallBytes bytes)
      : admission_(admission),
        bytes_(std::move(bytes)),
        wire_(wire),
        kind_(kind),
        caller_(std::move(caller)),
        deadline_(CallDeadline(wire.context().deadline())) {}

  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override;

  Admission& admission_;
  CallBytes bytes_;
  Wire& wire_;                                // until OnDone
  const google::protobuf::Descriptor& kind_;  // of the request
  const SharedCaller caller_;
  const absl::Time deadline_;
  std::atomic<bool> cancelled_{false};
};

// Has the methods of a service served, each named by the generated RequestMETHOD, `ask`.
template <class Service>
class UnaryCalls {
 public:
  UnaryCalls(CallQueue& queue, Service& service, Api& api, Admission& admission)
      : queue_(queue), service_(service), api_(api), admission_(admission) {}

  template <class Ask, class Result, class Request, class Response, class... Rest>
  void Here(Ask ask, Result (*handler)(Api&, const Call&, const Request&, Response*, Rest...)) {
    OnWorkerIf(
        +[](const Request&) { return false; }, ask, handler);
  }

  template <class Ask, class Result, class Request, class Response, class... Rest>
  void OnWorker(Ask ask, Result (*handler)(Api&, const Call&, const Request&, Response*, Rest...)) {
    OnWorkerIf(
        +[](const Request&) { return true; }, ask, handler);
  }

  template <class Ask, class Result, class Request, class Response, class... Rest>
  void OnWorkerIf(bool (*dear)(const Request&), Ask ask,
                  Result (*handler)(Api&, const Call&, const Request&, Response*, Rest...)) {
    using ThisWire = UnaryWire<Request, Response>;
    ThisWire::Serve(
        queue_, service_, ask,
        [&api = api_, &admission = admission_, dear, handler](ThisWire& wire) -> Reactor* {
          absl::StatusOr<UnaryCall*> call = UnaryCall::Begin(api, admission, wire, wire.request());
          if (!call.ok()) return Refuse(admission, wire, wire.request(), call.status());
          if (dear(wire.request())) {
            (*call)->RunOnWorker(api.scheduler, [&api, &wire, call = *call, handler] {
              Run(api, *call, wire, handler);
            });
          } else {
            Run(api, **call, wire, handler);
          }
          return *call;
        });
  }

 private:
  template <class Request, class Response>
  static void Run(Api& api, UnaryCall& call, UnaryWire<Request, Response>& wire,
                  absl::Status (*handler)(Api&, const Call&, const Request&, Response*)) {
    call.Complete(handler(api, call.ForHandler(), wire.request(), wire.response()));
  }

  template <class Request, class Response>
  static void Run(Api& api, UnaryCall& call, UnaryWire<Request, Response>& wire,
                  void (*handler)(Api&, const Call&, const Request&, Response*, Done)) {
    handler(api, call.ForHandler(), wire.request(), wire.response(),
            [&call](const absl::Status& status) { call.Complete(status); });
  }

  CallQueue& queue_;
  Service& service_;
  Api& api_;
  Admission& admission_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UNARY_CALLS_H_
