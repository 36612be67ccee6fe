// Ways to bring a model to the server.
#ifndef CELLAR_CLIENT_COMMANDS_MODEL_SEND_MODEL_H_
#define CELLAR_CLIENT_COMMANDS_MODEL_SEND_MODEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/model_service.pb.h"
#include "client/connection.h"

namespace cellar {

// Creates the model: in one message if it is small, else as an upload. `id` empty: the server makes
// one from the weights. Safe to repeat. Fails as CreateModel or UploadModel (FromCall).
absl::StatusOr<v1::Model> CreateModel(Connection& connection, v1::Model model,
                                      const std::string& id);

// Sends the bytes of a file in chunks.
absl::StatusOr<v1::Model> UploadModel(Connection& connection, absl::string_view bytes,
                                      v1::ModelFormat format, const std::string& id);

}  // namespace cellar

#endif  // CELLAR_CLIENT_COMMANDS_MODEL_SEND_MODEL_H_
