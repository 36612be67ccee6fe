// Models between the wire and the domain.
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_API_CONVERT_MODEL_H_
#define CELLAR_SERVER_API_CONVERT_MODEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cellar/v1/model.pb.h"
#include "cellar/v1/model_service.pb.h"
#include "cellar/v1/tensor.pb.h"
#include "server/base/error.h"
#include "server/cell/numerics.h"
#include "server/model/model.h"
#include "server/model/model_validation.h"

namespace cellar {

struct BuildModelOptions {
  std::string id;              // last segment of the name; empty: made from the digest
  std::string path = "model";  // where the message stands in the request
  Precision fallback_precision = Precision::kFloat32;  // if the message does not specify one
  ModelLimits limits;
  absl::Time now;              // when the model is created
  FieldViolations violations;  // found before in the same request; reported together
};

// Checks the message and makes a model of it; output-only fields are ignored. Errors: BAD_REQUEST
// with all violations, MODEL_SIZE_LIMIT. REQUIRES: id is empty or valid, or there is a violation.
absl::StatusOr<std::shared_ptr<const Model>> BuildModel(const v1::Model& message,
                                                        BuildModelOptions options);

// The same of a message that nobody needs any more: each tensor leaves it when it has been read, so
// that its memory is there for the numbers of the next. Then the message means nothing.
absl::StatusOr<std::shared_ptr<const Model>> BuildModel(v1::Model&& message,
                                                        BuildModelOptions options);

// Whether the weights can be had in this precision; if not, adds a violation at `path`.
bool CheckPrecision(const Model& model, Precision precision, absl::string_view path,
                    FieldViolations& violations);

// How much of a model to write; both write every field but the elements of the weights, which only
// kWeights has.
enum class ModelDetail { kShapes, kWeights };

// The model as a message. `encoding` is VALUES or RAW (without effect in kShapes).
v1::Model WriteModel(const Model& model, ModelDetail detail, v1::Encoding encoding);

// Bytes that the weights alone take in a message, at least: known without writing them.
int64_t WeightBytes(const Model& model, v1::Encoding encoding);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_CONVERT_MODEL_H_
