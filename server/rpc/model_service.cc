#include "server/rpc/model_service.h"

#include "server/api/model_handlers.h"
#include "server/rpc/upload_reactor.h"

namespace cellar {

grpc::ServerUnaryReactor* ModelService::CreateModel(grpc::CallbackServerContext* context,
                                                    const v1::CreateModelRequest* request,
                                                    v1::CreateModelResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::CreateModel);
}

grpc::ServerReadReactor<v1::UploadModelRequest>* ModelService::UploadModel(
    grpc::CallbackServerContext* context, v1::UploadModelResponse* response) {
  return UploadReactor::Start(api_, admission_, *context, response);
}

grpc::ServerUnaryReactor* ModelService::GetModel(grpc::CallbackServerContext* context,
                                                 const v1::GetModelRequest* request,
                                                 v1::GetModelResponse* response) {
  if (request->view() == v1::MODEL_VIEW_FULL) {
    return calls_.OnWorker(context, request, response, &cellar::GetModel);
  }
  return calls_.AtOnce(context, request, response, &cellar::GetModel);
}

grpc::ServerUnaryReactor* ModelService::ListModels(grpc::CallbackServerContext* context,
                                                   const v1::ListModelsRequest* request,
                                                   v1::ListModelsResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::ListModels);
}

grpc::ServerUnaryReactor* ModelService::DeleteModel(grpc::CallbackServerContext* context,
                                                    const v1::DeleteModelRequest* request,
                                                    v1::DeleteModelResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::DeleteModel);
}

}  // namespace cellar
