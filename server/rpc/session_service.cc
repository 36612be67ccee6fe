#include "server/rpc/session_service.h"

#include <functional>
#include <memory>
#include <utility>

#include "server/api/batch_step.h"
#include "server/api/session_handlers.h"
#include "server/api/step_handlers.h"
#include "server/api/step_stream.h"
#include "server/rpc/serial_stream_reactor.h"
#include "server/rpc/step_stream_reactor.h"
#include "server/rpc/unary_calls.h"

namespace cellar {
namespace {

using StreamBatchStepsReactor =
    SerialStreamReactor<v1::StreamBatchStepsRequest, v1::StreamBatchStepsResponse>;

// The messages of a StreamBatchSteps: batches, each answered.
class BatchMessages final : public StreamBatchStepsReactor::Stream {
 public:
  BatchMessages(Api& api, Call call) : api_(api), call_(std::move(call)) {}

  void Take(const v1::StreamBatchStepsRequest& request, v1::StreamBatchStepsResponse* response,
            WorkDone done) override {
    StreamBatchStep(api_, call_, request, response,
                    [done = std::move(done)](absl::Status status) mutable {
                      if (!status.ok()) return done(std::move(status));
                      done(true);
                    });
  }

 private:
  Api& api_;
  const Call call_;
};

}  // namespace

SessionService::SessionService(Api& api, Admission& admission)
    : RawService(*v1::StepRequest::descriptor()->file()), api_(api), admission_(admission) {}

void SessionService::Serve(CallQueue& queue) {
  UnaryCalls calls(queue, *this, api_, admission_);
  calls.Here("CreateSession", &cellar::CreateSession);
  // Its state is hashed, and may have to be read from the store first.
  calls.OnWorker("GetSession", &cellar::GetSession);
  calls.OnWorker("ListSessions", &cellar::ListSessions);
  calls.Here("DeleteSession", &cellar::DeleteSession);
  calls.Here("Step", &cellar::Step);
  calls.Here("BatchStep", &cellar::BatchStep);
  calls.Here("ResetSession", &cellar::ResetSession);
  calls.Here("RewindSession", &cellar::RewindSession);
  calls.Here("ForkSession", &cellar::ForkSession);
  calls.Here("ExportSession", &cellar::ExportSession);
  calls.OnWorker("ImportSession", &cellar::ImportSession);
  calls.Here("SetSessionState", &cellar::SetSessionState);
  StepStreamWire::Serve(queue, *this, "StreamSteps", [this](StepStreamWire& wire) {
    return StepStreamReactor::Start(wire, api_, admission_, StepStreamFlow::Limits(),
                                    [this](Call call, std::function<void(absl::Status)> on_end) {
                                      return StepStream::Create(api_, std::move(call),
                                                                std::move(on_end));
                                    });
  });
  StreamBatchStepsReactor::Wire::Serve(
      queue, *this, "StreamBatchSteps", [this](StreamBatchStepsReactor::Wire& wire) {
        return StreamBatchStepsReactor::Start(wire, api_, admission_, [this](Call call) {
          return std::make_unique<BatchMessages>(api_, std::move(call));
        });
      });
}

}  // namespace cellar
