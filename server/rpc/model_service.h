// ModelService on the wire.
//
// Thread safety: gRPC calls the methods, from any thread.
// Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_MODEL_SERVICE_H_
#define CELLAR_SERVER_RPC_MODEL_SERVICE_H_

#include "cellar/v1/model_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/unary_calls.h"

namespace cellar {

class ModelService final : public v1::ModelService::CallbackService {
 public:
  ModelService(Api& api, Admission& admission)
      : api_(api), admission_(admission), calls_(api, admission) {}

 private:
  grpc::ServerUnaryReactor* CreateModel(grpc::CallbackServerContext* context,
                                        const v1::CreateModelRequest* request,
                                        v1::CreateModelResponse* response) override;
  grpc::ServerReadReactor<v1::UploadModelRequest>* UploadModel(
      grpc::CallbackServerContext* context, v1::UploadModelResponse* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                     const v1::GetModelRequest* request,
                                     v1::GetModelResponse* response) override;
  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const v1::ListModelsRequest* request,
                                       v1::ListModelsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteModel(grpc::CallbackServerContext* context,
                                        const v1::DeleteModelRequest* request,
                                        v1::DeleteModelResponse* response) override;

  Api& api_;
  Admission& admission_;
  UnaryCalls calls_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_MODEL_SERVICE_H_
