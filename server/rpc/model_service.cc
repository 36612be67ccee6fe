#include "server/rpc/model_service.h"

#include "server/api/model_handlers.h"
#include "server/rpc/unary_calls.h"
#include "server/rpc/upload_reactor.h"

namespace cellar {
namespace {

bool IsForWeights(const v1::GetModelRequest& request) {
  return request.view() == v1::MODEL_VIEW_FULL;
}

}  // namespace

void ModelService::Serve(CallQueue& queue) {
  UnaryCalls calls(queue, *this, api_, admission_);
  calls.OnWorker(&ModelService::RequestCreateModel, &cellar::CreateModel);
  calls.OnWorkerIf(&IsForWeights, &ModelService::RequestGetModel, &cellar::GetModel);
  calls.OnWorker(&ModelService::RequestListModels, &cellar::ListModels);
  calls.OnWorker(&ModelService::RequestDeleteModel, &cellar::DeleteModel);
  UploadReactor::Wire::Serve(
      queue, *this, &ModelService::RequestUploadModel,
      [this](UploadReactor::Wire& wire) { return UploadReactor::Start(api_, admission_, wire); });
}

}  // namespace cellar
