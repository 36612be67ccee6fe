// EvaluationService on the wire.
//
// Thread safety: gRPC calls the methods, from any thread.
// Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_EVALUATION_SERVICE_H_
#define CELLAR_SERVER_RPC_EVALUATION_SERVICE_H_

#include "cellar/v1/evaluation_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"

namespace cellar {

class EvaluationService final : public v1::EvaluationService::CallbackService {
 public:
  EvaluationService(Api& api, Admission& admission) : api_(api), admission_(admission) {}

 private:
  grpc::ServerWriteReactor<v1::EvaluateResponse>* Evaluate(
      grpc::CallbackServerContext* context, const v1::EvaluateRequest* request) override;

  Api& api_;
  Admission& admission_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_EVALUATION_SERVICE_H_
