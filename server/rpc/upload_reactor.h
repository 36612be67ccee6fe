// ModelService.UploadModel on the wire: reads the chunks one after another, then has the model read
// and created on a worker. When it does what is UploadFlow's (flow_driver.h says on which thread);
// events come from the queue's thread, from workers, and from the drain.
//
// Thread safety: internal; the queue, a worker and the drain call it.
// Ownership: owns itself until OnDone; `api` and `admission` outlive that.
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
#include "server/rpc/flow_driver.h"
#include "server/rpc/incoming.h"
#include "server/rpc/upload_flow.h"
#include "server/rpc/visit.h"
#include "server/rpc/wires.h"

namespace cellar {

class UploadReactor final : public Reactor, public DrainListener {
 public:
  using Wire = AnswerWire<v1::UploadModelResponse>;

  // Starts the reactor of a new call; a call that is not let in is finished at once.
  static UploadReactor* Start(Api& api, Admission& admission, Wire& wire);
  ~UploadReactor() override = default;

  // An upload that is not complete ends; a complete one is worked on.
  void EndForDrain() override;

 private:
  UploadReactor(Api& api, Admission& admission, Wire& wire)
      : admission_(admission),
        wire_(wire),
        visit_(api, admission, wire, *v1::UploadModelRequest::descriptor()) {}

  void OnReadDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  // Tells the flow of an event (a function of UploadFlow&).
  template <class Event>
  void Happened(Event event);
  void Act(const UploadFlow::Action& action);

  // Takes the message that came, if it is one. Errors: as Visit::Read and ModelUpload::Add.
  absl::Status Take();
  void Work();

  Admission& admission_;
  Wire& wire_;  // until OnDone
  Visit visit_;
  std::optional<ModelUpload> upload_;  // once let in
  int64_t taken_bytes_ = 0;

  // Of gRPC and of the visit while they read, then of the thread that acts.
  Incoming incoming_;
  v1::UploadModelRequest message_;
  absl::Status arrived_;                 // why the message is none
  std::shared_ptr<UploadReactor> self_;  // until OnDone

  FlowDriver<UploadFlow> flow_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_
