// SessionService on the wire.
//
// Thread safety: Serve belongs to one thread. Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_SESSION_SERVICE_H_
#define CELLAR_SERVER_RPC_SESSION_SERVICE_H_

#include "cellar/v1/session_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_queue.h"

namespace cellar {

class SessionService final : public v1::SessionService::AsyncService {
 public:
  SessionService(Api& api, Admission& admission) : api_(api), admission_(admission) {}

  // Takes the calls that come on `queue`, which outlives them. REQUIRES: the server is built.
  void Serve(CallQueue& queue);

 private:
  Api& api_;
  Admission& admission_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SESSION_SERVICE_H_
