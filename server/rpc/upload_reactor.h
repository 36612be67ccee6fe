// ModelService.UploadModel on the wire: reads the chunks one after another, then has the model read
// and created on a worker. When it does what is UploadFlow's; events come from the queue's thread,
// from workers, and from the drain, which ends an upload that is not complete.
//
// Thread safety and ownership: as a StreamCall; shared by the worker.
#ifndef CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_
#define CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "cellar/v1/model_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/api/model_upload.h"
#include "server/rpc/admission.h"
#include "server/rpc/incoming.h"
#include "server/rpc/stream_call.h"
#include "server/rpc/upload_flow.h"
#include "server/rpc/wires.h"

namespace cellar {

class UploadReactor final : public StreamCall<UploadFlow> {
 public:
  using Wire = AnswerWire<v1::UploadModelResponse>;

  // Starts the reactor of a new call; a call that is not let in is finished at once.
  static Reactor* Start(Api& api, Admission& admission, Wire& wire);

 private:
  UploadReactor(Api& api, Admission& admission, Wire& wire)
      : StreamCall(api, admission, wire, *v1::UploadModelRequest::descriptor()), wire_(wire) {}

  void OnReadDone(bool ok) override;

  void Act(UploadFlow::Action& action) override;

  // Takes the message that came, if it is one. Errors: as Visit::Read and ModelUpload::Add.
  absl::Status Take();
  void Work();

  Wire& wire_;                         // until OnDone
  std::optional<ModelUpload> upload_;  // once let in
  int64_t taken_bytes_ = 0;

  // Of gRPC and of the visit while they read, then of the thread that acts.
  Incoming incoming_;
  v1::UploadModelRequest message_;
  absl::Status arrived_;  // why the message is none
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_
