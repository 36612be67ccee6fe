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

ModelService::ModelService(Api& api, Admission& admission)
    : RawService(*v1::CreateModelRequest::descriptor()->file()), api_(api), admission_(admission) {}

void ModelService::Serve(CallQueue& queue) {
  UnaryCalls calls(queue, *this, api_, admission_);
  calls.OnWorker("CreateModel", &cellar::CreateModel);
  calls.OnWorkerIf(&IsForWeights, "GetModel", &cellar::GetModel);
  calls.OnWorker("ListModels", &cellar::ListModels);
  calls.OnWorker("DeleteModel", &cellar::DeleteModel);
  UploadReactor::Wire::Serve(queue, *this, "UploadModel", [this](UploadReactor::Wire& wire) {
    return UploadReactor::Start(api_, admission_, wire);
  });
}

}  // namespace cellar
