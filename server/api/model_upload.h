// ModelService.UploadModel without the wire: takes the messages of one call in their order.
//
// Thread safety: one object belongs to one call and one thread at a time. Ownership: `api` outlives
// the upload; the upload owns the bytes received so far.
#ifndef CELLAR_SERVER_API_MODEL_UPLOAD_H_
#define CELLAR_SERVER_API_MODEL_UPLOAD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "cellar/v1/model_service.pb.h"
#include "server/api/api.h"

namespace cellar {

class ModelUpload {
 public:
  ModelUpload(Api& api, Call call) : api_(api), call_(std::move(call)) {}

  // Takes the next message. Errors: BAD_REQUEST (out of order, open is wrong, more bytes than
  // announced), MODEL_SIZE_LIMIT (more bytes announced than a file may have; nothing has been
  // allocated). After an error the upload has failed: every later call gives the same error.
  absl::Status Add(v1::UploadModelRequest&& message);

  // Called once, after the last message: reads the file and creates the model. Gives up on the way
  // once nobody waits for it any more. Errors: as UploadModel, CANCELLED, DEADLINE_PASSED. On
  // failure no model was created.
  absl::Status Finish(v1::UploadModelResponse* response);

 private:
  absl::Status AddOpen(v1::UploadModelOpen&& open);
  absl::Status AddChunk(std::string&& chunk);
  std::string TakeFile();
  absl::Status ReadAndCreate(v1::UploadModelResponse* response);
  absl::Status Fail(absl::Status status);

  Api& api_;
  const Call call_;
  std::optional<v1::UploadModelOpen> open_;
  std::vector<std::string> pieces_;  // in their order, put together at the end
  int64_t received_bytes_ = 0;       // at most open_->size_bytes()
  absl::Status failure_;             // of an earlier call
};

}  // namespace cellar

#endif  // CELLAR_SERVER_API_MODEL_UPLOAD_H_
