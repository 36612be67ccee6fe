#include "client/commands/model/send_model.h"

#include <utility>

#include "client/resource_name.h"

namespace cellar {
namespace {

// A message must stay below gRPC's usual limit of 4 MiB; a model above this is uploaded.
constexpr size_t kLargestMessageBytes = 3 << 20;
constexpr size_t kChunkBytes = 1 << 20;

absl::Status UploadOnce(Connection& connection, absl::string_view bytes,
                        const v1::UploadModelRequest& open, v1::UploadModelResponse& response) {
  grpc::ClientContext context;
  connection.SetDeadline(context);
  const auto writer = connection.models().UploadModel(&context, &response);
  bool accepted = writer->Write(open);
  for (size_t sent = 0; accepted && sent < bytes.size(); sent += kChunkBytes) {
    v1::UploadModelRequest part;
    const absl::string_view chunk = bytes.substr(sent, kChunkBytes);
    part.set_chunk(chunk.data(), chunk.size());
    accepted = writer->Write(part);
  }
  writer->WritesDone();
  return FromCall(writer->Finish());
}

}  // namespace

absl::StatusOr<v1::Model> CreateModel(Connection& connection, v1::Model model,
                                      const std::string& id) {
  if (model.ByteSizeLong() > kLargestMessageBytes) {
    return UploadModel(connection, model.SerializeAsString(), v1::MODEL_FORMAT_CELLAR_BINARY, id);
  }
  v1::CreateModelRequest request;
  request.set_model_id(BareId("models", id));
  *request.mutable_model() = std::move(model);
  auto response = connection.Call(connection.models(), &v1::ModelService::Stub::CreateModel,
                                  request, Repeat::kSafe);
  if (!response.ok()) return response.status();
  return std::move(*response->mutable_model());
}

absl::StatusOr<v1::Model> UploadModel(Connection& connection, absl::string_view bytes,
                                      v1::ModelFormat format, const std::string& id) {
  v1::UploadModelRequest open;
  open.mutable_open()->set_model_id(BareId("models", id));
  open.mutable_open()->set_format(format);
  open.mutable_open()->set_size_bytes(static_cast<int64_t>(bytes.size()));
  v1::UploadModelResponse response;
  const absl::Status status = RunWithRetry(
      connection.options().retry, Repeat::kSafe,
      [&] { return UploadOnce(connection, bytes, open, response); }, absl::SleepFor);
  if (!status.ok()) return status;
  return std::move(*response.mutable_model());
}

}  // namespace cellar
