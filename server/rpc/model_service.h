// ModelService on the wire.
//
// Thread safety: Serve belongs to one thread. Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_MODEL_SERVICE_H_
#define CELLAR_SERVER_RPC_MODEL_SERVICE_H_

#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_queue.h"
#include "server/rpc/raw_service.h"

namespace cellar {

class ModelService final : public RawService {
 public:
  ModelService(Api& api, Admission& admission);

  // Takes the calls that come on `queue`, which outlives them. REQUIRES: the server is built.
  void Serve(CallQueue& queue);

 private:
  Api& api_;
  Admission& admission_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_MODEL_SERVICE_H_
