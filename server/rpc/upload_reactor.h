// ModelService.UploadModel on the wire: reads the chunks one after another, then has the model read
// and created on a worker.
//
// Events come from the queue's thread and from the drain. Each is noted under a lock; then one
// thread, whichever finds nobody else at it, carries out what is to be done next, with no lock
// held: so a read never begins after the end.
//
// Thread safety: internal; the queue, a worker and the drain call it.
// Ownership: owns itself until OnDone; `api` and `admission` outlive that.
#ifndef CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_
#define CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "cellar/v1/model_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/api/model_upload.h"
#include "server/rpc/admission.h"
#include "server/rpc/incoming.h"
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
  void OnCancel() override { visit_.Cancel(); }
  void OnDone() override;

  // What happened and has not been seen to yet; and what has begun.
  struct Flow {
    bool read = false;    // a message came
    bool closed = false;  // none will come
    bool draining = false;
    bool acting = false;  // some thread is at it; once all messages are there, or the end, for ever
  };
  enum class Do { kNothing, kTake, kWork, kEndForDrain };

  // Notes an event (a function of Flow&) and carries out what it makes possible, unless another
  // thread does so already.
  template <class Event>
  void Happened(Event event) ABSL_LOCKS_EXCLUDED(mutex_);
  Do NextAction() ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes the message that came, if it is one. Errors: as Visit::Read and ModelUpload::Add.
  absl::Status Take();
  void Work();

  Admission& admission_;
  Wire& wire_;  // until OnDone
  Visit visit_;
  std::optional<ModelUpload> upload_;  // once let in
  int64_t held_bytes_ = 0;

  // Of gRPC and of the visit while they read, then of the thread that acts.
  Incoming incoming_;
  v1::UploadModelRequest message_;
  absl::Status arrived_;                 // why the message is none
  std::shared_ptr<UploadReactor> self_;  // until OnDone

  absl::Mutex mutex_;
  Flow flow_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_UPLOAD_REACTOR_H_
