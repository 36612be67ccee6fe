// ModelService.UploadModel on the wire: reads the chunks one after another, then has the model read
// and created on a worker.
//
// Thread safety: internal; gRPC calls the reactions.
// Ownership: deletes itself; `api` and `admission` outlive it.
#ifndef CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_
#define CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_

#include <utility>

#include "absl/status/status.h"
#include "cellar/v1/model_service.pb.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/server_callback.h"
#include "server/api/api.h"
#include "server/api/model_upload.h"
#include "server/rpc/admission.h"
#include "server/rpc/call_bytes.h"

namespace cellar {

class UploadReactor final : public grpc::ServerReadReactor<v1::UploadModelRequest> {
 public:
  // Starts the reactor of a new call, for gRPC; a call that is not let in is finished at once.
  // *response lives until OnDone.
  static UploadReactor* Start(Api& api, Admission& admission, grpc::CallbackServerContext& context,
                              v1::UploadModelResponse* response);

 private:
  UploadReactor(Api& api, Admission& admission, SharedCaller caller,
                grpc::CallbackServerContext& context, v1::UploadModelResponse* response)
      : api_(api),
        admission_(admission),
        context_(context),
        response_(response),
        caller_(std::move(caller)),
        bytes_(admission.call_bytes(), caller_->tenant),
        upload_(api, Call(caller_)) {}
  ~UploadReactor() override = default;

  void OnReadDone(bool ok) override;
  void OnDone() override;

  absl::Status Take(v1::UploadModelRequest&& message);

  // Ends the call; the object is not used after it.
  void Complete(const absl::Status& status);

  Api& api_;
  Admission& admission_;
  grpc::CallbackServerContext& context_;  // asked whether the client is there; until OnDone
  v1::UploadModelResponse* const response_;
  bool entered_ = false;

  const SharedCaller caller_;
  CallBytes bytes_;
  ModelUpload upload_;
  v1::UploadModelRequest message_;  // being read
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_
