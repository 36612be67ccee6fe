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

// Requests above this are converted on a worker: above it that takes longer than handing over.
constexpr size_t kDearRequestBytes = size_t{64} << 10;

bool IsLong(const v1::CreateSessionRequest& request) {
  return request.ByteSizeLong() > kDearRequestBytes;
}

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

void SessionService::Serve(CallQueue& queue) {
  UnaryCalls calls(queue, *this, api_, admission_);
  calls.OnWorkerIf(&IsLong, &SessionService::RequestCreateSession, &cellar::CreateSession);
  // Its state is hashed, and may have to be read from the store first.
  calls.OnWorker(&SessionService::RequestGetSession, &cellar::GetSession);
  calls.OnWorker(&SessionService::RequestListSessions, &cellar::ListSessions);
  calls.Here(&SessionService::RequestDeleteSession, &cellar::DeleteSession);
  calls.Here(&SessionService::RequestStep, &cellar::Step);
  calls.Here(&SessionService::RequestBatchStep, &cellar::BatchStep);
  calls.Here(&SessionService::RequestResetSession, &cellar::ResetSession);
  calls.Here(&SessionService::RequestRewindSession, &cellar::RewindSession);
  calls.Here(&SessionService::RequestForkSession, &cellar::ForkSession);
  calls.Here(&SessionService::RequestExportSession, &cellar::ExportSession);
  calls.OnWorker(&SessionService::RequestImportSession, &cellar::ImportSession);
  calls.Here(&SessionService::RequestSetSessionState, &cellar::SetSessionState);
  StepStreamWire::Serve(
      queue, *this, &SessionService::RequestStreamSteps, [this](StepStreamWire& wire) {
        StepStreamFlow::Limits limits;
        limits.max_message_bytes = api_.limits.max_message_bytes;
        return StepStreamReactor::Start(
            wire, admission_, limits, [this](Call call, std::function<void(absl::Status)> on_end) {
              return StepStream::Create(api_, std::move(call), std::move(on_end));
            });
      });
  StreamBatchStepsReactor::Wire::Serve(
      queue, *this, &SessionService::RequestStreamBatchSteps,
      [this](StreamBatchStepsReactor::Wire& wire) {
        return StreamBatchStepsReactor::Start(wire, api_, admission_, [this](Call call) {
          return std::make_unique<BatchMessages>(api_, std::move(call));
        });
      });
}

}  // namespace cellar
