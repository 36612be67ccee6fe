// ModelService but for uploads. What each method does, and its errors: model_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_MODEL_HANDLERS_H_
#define CELLAR_SERVER_API_MODEL_HANDLERS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/model_service.pb.h"
#include "server/api/api.h"
#include "server/base/error.h"

namespace cellar {

// Takes the weights out of the request.
absl::Status CreateModel(Api& api, const Call& call, v1::CreateModelRequest&& request,
                         v1::CreateModelResponse* response);
absl::Status GetModel(Api& api, const Call& call, const v1::GetModelRequest& request,
                      v1::GetModelResponse* response);
absl::Status ListModels(Api& api, const Call& call, const v1::ListModelsRequest& request,
                        v1::ListModelsResponse* response);
absl::Status DeleteModel(Api& api, const Call& call, const v1::DeleteModelRequest& request,
                         v1::DeleteModelResponse* response);

// What CreateModel and UploadModel share: checks `message`, adds the model to the caller's under
// `model_id` (or under a name made from the digest) and writes it, without weights, to *created.
// `model_id_violations` are reported together with those of the message. Errors: as CreateModel.
absl::Status AddModel(Api& api, const Call& call, v1::Model&& message, absl::string_view model_id,
                      FieldViolations model_id_violations, v1::Model* created);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_MODEL_HANDLERS_H_
