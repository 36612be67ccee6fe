#include "server/api/model_handlers.h"

#include <memory>
#include <string>
#include <utility>

#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_model.h"
#include "server/api/kept_resources.h"
#include "server/api/pages.h"
#include "server/api/resource_names.h"
#include "server/base/status_macros.h"

namespace cellar {
namespace {

v1::Model WithoutWeights(const Model& model) {
  return WriteModel(model, ModelDetail::kShapes, v1::ENCODING_VALUES);
}

absl::Status GetModelOrFail(Api& api, const Call& call, const v1::GetModelRequest& request,
                            v1::GetModelResponse* response) {
  FieldViolations violations;
  CheckName(request.name(), kModelCollection, "name", violations);
  CheckEnum(request.view(), "view", violations);
  CheckEnum(request.encoding(), "encoding", violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));

  CELLAR_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model,
                          api.models.Get(call.Own(request.name())));

  const bool full = request.view() == v1::MODEL_VIEW_FULL;
  const v1::Encoding encoding = ChooseEncoding(request.encoding(), v1::ENCODING_UNSPECIFIED);
  if (full) {  // before the weights are copied for nothing
    CELLAR_RETURN_IF_ERROR(
        CheckAnswerSize(WeightBytes(*model, encoding), api.limits.max_message_bytes));
  }
  *response->mutable_model() =
      WriteModel(*model, full ? ModelDetail::kWeights : ModelDetail::kShapes, encoding);
  return CheckAnswerSize(static_cast<int64_t>(response->ByteSizeLong()),
                         api.limits.max_message_bytes);
}

absl::Status DeleteModelOrFail(Api& api, const Call& call, const v1::DeleteModelRequest& request) {
  FieldViolations violations;
  CheckName(request.name(), kModelCollection, "name", violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));
  return ForgetModel(api, call.Own(request.name()));
}

}  // namespace

absl::Status CreateModel(Api& api, const Call& call, v1::CreateModelRequest&& request,
                         v1::CreateModelResponse* response) {
  FieldViolations violations;
  CheckChosenId(request.model_id(), "model_id", violations);
  if (!request.has_model()) {
    violations.push_back({"model", "is missing; must be a model with its weights"});
    return BadRequest(std::move(violations));
  }
  return AddModel(api, call, std::move(*request.mutable_model()), request.model_id(),
                  std::move(violations), response->mutable_model());
}

absl::Status GetModel(Api& api, const Call& call, const v1::GetModelRequest& request,
                      v1::GetModelResponse* response) {
  return WithServerFacts(GetModelOrFail(api, call, request, response), api.sessions.epoch());
}

absl::Status ListModels(Api& api, const Call& call, const v1::ListModelsRequest& request,
                        v1::ListModelsResponse* response) {
  FieldViolations violations;
  const Page page =
      ReadPage(request.page_size(), request.page_token(), kModelCollection, violations);
  CELLAR_RETURN_IF_ERROR(BadRequest(std::move(violations)));

  const auto models = api.models.List(call.Own(page.after), page.list_count());
  response->set_next_page_token(FillPage(models, page, api.limits.max_message_bytes,
                                         *response->mutable_models(), WithoutWeights));
  return CheckAnswerSize(static_cast<int64_t>(response->ByteSizeLong()),
                         api.limits.max_message_bytes);
}

absl::Status DeleteModel(Api& api, const Call& call, const v1::DeleteModelRequest& request,
                         v1::DeleteModelResponse*) {
  return WithServerFacts(DeleteModelOrFail(api, call, request), api.sessions.epoch());
}

absl::Status AddModel(Api& api, const Call& call, v1::Model&& message, absl::string_view model_id,
                      FieldViolations model_id_violations, v1::Model* created) {
  BuildModelOptions options;
  options.id = std::string(model_id);
  options.limits = api.limits.model;
  options.now = api.clock.Now();
  options.violations = std::move(model_id_violations);
  CELLAR_ASSIGN_OR_RETURN(std::shared_ptr<const Model> model,
                          BuildModel(std::move(message), std::move(options)));
  CELLAR_ASSIGN_OR_RETURN(model, KeepModel(api, call.tenant(), std::move(model)));
  *created = WithoutWeights(*model);
  return absl::OkStatus();
}

}  // namespace cellar
