// How unary methods run: one line a method.
//
//   AtOnce     the handler answers before it returns, on gRPC's thread: for cheap work.
//   OnWorker   the same kind of handler, on a worker: gRPC has very few threads (two on a small
//              machine), and one that computes serves nobody.
//   WhenDone   the handler waits for a session's turn or for the store and calls Done, from
//              wherever.
//   OnWorkerWhenDone  the same, begun on a worker.
//
// Each lets the call in first (Admission, who calls, MESSAGE_SIZE_LIMIT) and translates the status
// at its end. A call whose client has gone is still finished, once, by its handler: gRPC keeps
// request, response and reactor until then.
//
// Thread safety: all methods may be called from any thread.
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
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_bytes.h"
#include "server/rpc/call_deadline.h"

namespace cellar {

// One unary call from its admission to its end; deletes itself.
class UnaryCall final : public grpc::ServerUnaryReactor {
 public:
  // Lets the call in. Errors: those of Admission::Identify, DRAINING, MESSAGE_SIZE_LIMIT,
  // CALL_BYTES_LIMIT.
  static absl::StatusOr<UnaryCall*> Begin(Api& api, Admission& admission,
                                          grpc::CallbackServerContext& context,
                                          const google::protobuf::Message& request);

  // What handlers may know; its `cancelled` may be asked until Complete.
  Call ForHandler() const;

  // Ends the call. REQUIRES: called once; the object is not used after it.
  void Complete(const absl::Status& status);

  // Runs `work` on a worker and completes with what it returns; or completes with why it cannot.
  void CompleteOnWorker(Scheduler& scheduler, absl::AnyInvocable<absl::Status()> work);

  // Runs `work`, which completes the call, on a worker; or completes with why it cannot.
  void BeginOnWorker(Scheduler& scheduler, absl::AnyInvocable<void()> work);

 private:
  UnaryCall(Admission& admission, grpc::CallbackServerContext& context,
            const google::protobuf::Descriptor& request, SharedCaller caller, CallBytes bytes)
      : admission_(admission),
        bytes_(std::move(bytes)),
        context_(context),
        request_(request),
        caller_(std::move(caller)),
        deadline_(CallDeadline(context.deadline())) {}
  ~UnaryCall() override = default;

  void OnCancel() override { cancelled_.store(true, std::memory_order_relaxed); }
  void OnDone() override;

  Admission& admission_;
  const CallBytes bytes_;
  grpc::CallbackServerContext& context_;  // until OnDone
  const google::protobuf::Descriptor& request_;
  const SharedCaller caller_;
  const absl::Time deadline_;
  std::atomic<bool> cancelled_{false};
};

class UnaryCalls {
 public:
  UnaryCalls(Api& api, Admission& admission) : api_(api), admission_(admission) {}

  template <class Request, class Response>
  grpc::ServerUnaryReactor* AtOnce(grpc::CallbackServerContext* context, const Request* request,
                                   Response* response,
                                   absl::Status (*handler)(Api&, const Call&, const Request&,
                                                           Response*)) {
    absl::StatusOr<UnaryCall*> call = UnaryCall::Begin(api_, admission_, *context, *request);
    if (!call.ok()) return Refuse(context, *request, call.status());
    (*call)->Complete(handler(api_, (*call)->ForHandler(), *request, response));
    return *call;
  }

  template <class Request, class Response>
  grpc::ServerUnaryReactor* OnWorker(grpc::CallbackServerContext* context, const Request* request,
                                     Response* response,
                                     absl::Status (*handler)(Api&, const Call&, const Request&,
                                                             Response*)) {
    absl::StatusOr<UnaryCall*> call = UnaryCall::Begin(api_, admission_, *context, *request);
    if (!call.ok()) return Refuse(context, *request, call.status());
    (*call)->CompleteOnWorker(api_.scheduler, [this, call = *call, request, response, handler] {
      return handler(api_, call->ForHandler(), *request, response);
    });
    return *call;
  }

  template <class Request, class Response>
  grpc::ServerUnaryReactor* WhenDone(grpc::CallbackServerContext* context, const Request* request,
                                     Response* response,
                                     void (*handler)(Api&, const Call&, const Request&, Response*,
                                                     Done)) {
    absl::StatusOr<UnaryCall*> call = UnaryCall::Begin(api_, admission_, *context, *request);
    if (!call.ok()) return Refuse(context, *request, call.status());
    handler(api_, (*call)->ForHandler(), *request, response,
            [call = *call](const absl::Status& status) { call->Complete(status); });
    return *call;
  }

  template <class Request, class Response>
  grpc::ServerUnaryReactor* OnWorkerWhenDone(grpc::CallbackServerContext* context,
                                             const Request* request, Response* response,
                                             void (*handler)(Api&, const Call&, const Request&,
                                                             Response*, Done)) {
    absl::StatusOr<UnaryCall*> call = UnaryCall::Begin(api_, admission_, *context, *request);
    if (!call.ok()) return Refuse(context, *request, call.status());
    (*call)->BeginOnWorker(api_.scheduler, [this, call = *call, request, response, handler] {
      handler(api_, call->ForHandler(), *request, response,
              [call](const absl::Status& status) { call->Complete(status); });
    });
    return *call;
  }

 private:
  grpc::ServerUnaryReactor* Refuse(grpc::CallbackServerContext* context,
                                   const google::protobuf::Message& request,
                                   const absl::Status& status);

  Api& api_;
  Admission& admission_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UNARY_CALLS_H_
