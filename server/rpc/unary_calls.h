// How unary methods run: one line a method.
//
//   Here        on the queue's thread: for cheap work, as one thread serves all calls.
//   OnWorker    on a worker.
//   OnWorkerIf  on a worker if the request is dear to answer.
//
// Requests that are not quick to read are read, and then answered, on a worker (incoming.h).
//
// A handler either returns the outcome, or waits for a session's turn or for the store and calls
// Done with it, from wherever. A call whose client has gone is still finished, once, by its
// handler: request, response and call stay until then.
//
// Thread safety: calls may be completed from any thread.
// Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_UNARY_CALLS_H_
#define CELLAR_SERVER_RPC_UNARY_CALLS_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/incoming.h"
#include "server/rpc/raw_service.h"
#include "server/rpc/visit.h"
#include "server/rpc/wires.h"

namespace cellar {

// One unary call, answered by a function of type `Handler`; deletes itself.
template <class Request, class Response, class Handler>
class UnaryCall final : public Reactor {
 public:
  using Wire = AnswerWire<Response>;
  using IsDear = bool(const Request&);

  UnaryCall(Api& api, Admission& admission, Wire& wire, IsDear* is_dear, Handler* handler)
      : api_(api),
        wire_(wire),
        visit_(api, admission, wire, *Request::descriptor()),
        is_dear_(is_dear),
        handler_(handler) {}

  // Has the request read, and answered: on a worker if it is dear.
  void Begin() {
    const absl::Status known = visit_.Identify();
    if (!known.ok()) return Finish(known);
    wire_.Read(&incoming_);
  }

 private:
  void OnReadDone(bool ok) override {
    visit_.ReadOnlyMessage(ok, incoming_, &*request_, [this](absl::StatusOr<int64_t> bytes) {
      const absl::Status taken = bytes.ok() ? visit_.SetBytes(*bytes) : bytes.status();
      if (!taken.ok()) return Finish(taken);
      if (visit_.has_read_on_worker() || !is_dear_(*request_)) return Run(absl::OkStatus());
      visit_.RunOnWorker([this](const absl::Status& may_run) { Run(may_run); });
    });
  }

  void Run(const absl::Status& may_run) {
    const absl::Status room = may_run.ok() ? visit_.CheckRoom() : may_run;
    if (!room.ok()) return Finish(room);
    Answer(handler_);
  }

  void Answer(absl::Status (*handler)(Api&, const Call&, const Request&, Response*)) {
    Finish(handler(api_, visit_.ForHandler(), *request_, wire_.response()));
  }

  void Answer(absl::Status (*handler)(Api&, const Call&, Request&&, Response*)) {
    Finish(handler(api_, visit_.ForHandler(), std::move(*request_), wire_.response()));
  }

  void Answer(void (*handler)(Api&, const Call&, const Request&, Response*, Done)) {
    handler(api_, visit_.ForHandler(), *request_, wire_.response(),
            [this](const absl::Status& status) { Finish(status); });
  }

  // The answer is held until the client takes it. The request goes before the end: one of many
  // parts takes long to give back, and whoever could take that time to read it can do so here too.
  void Finish(const absl::Status& status) {
    if (status.ok()) visit_.SetBytesAnyway(static_cast<int64_t>(wire_.response()->ByteSizeLong()));
    visit_.LeaveIfForced(*request_);
    request_.reset();
    visit_.Finish(status);
  }

  void OnCancel() override { visit_.Cancel(); }
  void OnDone() override {
    visit_.Leave();
    delete this;
  }

  Api& api_;
  Wire& wire_;  // until OnDone
  Visit visit_;
  IsDear* const is_dear_;
  Handler* const handler_;
  Incoming incoming_;
  std::optional<Request> request_{std::in_place};  // until Finish
};

// Has the methods of a service served, each by its name.
class UnaryCalls {
 public:
  UnaryCalls(CallQueue& queue, RawService& service, Api& api, Admission& admission)
      : queue_(queue), service_(service), api_(api), admission_(admission) {}

  template <class Result, class Request, class Response, class... Rest>
  void Here(absl::string_view method,
            Result (*handler)(Api&, const Call&, const Request&, Response*, Rest...)) {
    OnWorkerIf(
        +[](const Request&) { return false; }, method, handler);
  }

  template <class Result, class Request, class Response, class... Rest>
  void OnWorker(absl::string_view method,
                Result (*handler)(Api&, const Call&, const Request&, Response*, Rest...)) {
    OnWorkerIf(
        +[](const Request&) { return true; }, method, handler);
  }

  // The handler may take the request apart.
  template <class Request, class Response>
  void OnWorker(absl::string_view method,
                absl::Status (*handler)(Api&, const Call&, Request&&, Response*)) {
    Serve<Request, Response>(
        +[](const Request&) { return true; }, method, handler);
  }

  template <class Result, class Request, class Response, class... Rest>
  void OnWorkerIf(bool (*dear)(const Request&), absl::string_view method,
                  Result (*handler)(Api&, const Call&, const Request&, Response*, Rest...)) {
    Serve<Request, Response>(dear, method, handler);
  }

 private:
  template <class Request, class Response, class Handler>
  void Serve(bool (*dear)(const Request&), absl::string_view method, Handler* handler) {
    using ThisCall = UnaryCall<Request, Response, Handler>;
    ThisCall::Wire::Serve(queue_, service_, method,
                          [&api = api_, &admission = admission_, dear,
                           handler](typename ThisCall::Wire& wire) -> Reactor* {
                            auto* const call = new ThisCall(api, admission, wire, dear, handler);
                            call->Begin();
                            return call;
                          });
  }

  CallQueue& queue_;
  RawService& service_;
  Api& api_;
  Admission& admission_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UNARY_CALLS_H_
