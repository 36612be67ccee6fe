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

namespace cellar {
namespace {

// Requests above this are converted on a worker: above it that takes longer than handing over.
constexpr size_t kDearRequestBytes = size_t{64} << 10;

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

grpc::ServerUnaryReactor* SessionService::CreateSession(Context* context,
                                                        const v1::CreateSessionRequest* request,
                                                        v1::CreateSessionResponse* response) {
  if (request->ByteSizeLong() > kDearRequestBytes) {
    return calls_.OnWorkerWhenDone(context, request, response, &cellar::CreateSession);
  }
  return calls_.WhenDone(context, request, response, &cellar::CreateSession);
}

grpc::ServerUnaryReactor* SessionService::GetSession(Context* context,
                                                     const v1::GetSessionRequest* request,
                                                     v1::GetSessionResponse* response) {
  // Its state is hashed, and may have to be read from the store first.
  return calls_.OnWorker(context, request, response, &cellar::GetSession);
}

grpc::ServerUnaryReactor* SessionService::ListSessions(Context* context,
                                                       const v1::ListSessionsRequest* request,
                                                       v1::ListSessionsResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::ListSessions);
}

grpc::ServerUnaryReactor* SessionService::DeleteSession(Context* context,
                                                        const v1::DeleteSessionRequest* request,
                                                        v1::DeleteSessionResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::DeleteSession);
}

grpc::ServerUnaryReactor* SessionService::Step(Context* context, const v1::StepRequest* request,
                                               v1::StepResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::Step);
}

grpc::ServerBidiReactor<v1::StreamStepsRequest, v1::StreamStepsResponse>*
SessionService::StreamSteps(Context* context) {
  StepStreamFlow::Limits limits;
  limits.max_message_bytes = api_.limits.max_message_bytes;
  return StepStreamReactor::Start(
      *context, admission_, limits, [this](Call call, std::function<void(absl::Status)> on_end) {
        return StepStream::Create(api_, std::move(call), std::move(on_end));
      });
}

grpc::ServerUnaryReactor* SessionService::BatchStep(Context* context,
                                                    const v1::BatchStepRequest* request,
                                                    v1::BatchStepResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::BatchStep);
}

grpc::ServerBidiReactor<v1::StreamBatchStepsRequest, v1::StreamBatchStepsResponse>*
SessionService::StreamBatchSteps(Context* context) {
  return StreamBatchStepsReactor::Start(*context, api_, admission_, [this](Call call) {
    return std::make_unique<BatchMessages>(api_, std::move(call));
  });
}

grpc::ServerUnaryReactor* SessionService::ResetSession(Context* context,
                                                       const v1::ResetSessionRequest* request,
                                                       v1::ResetSessionResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::ResetSession);
}

grpc::ServerUnaryReactor* SessionService::RewindSession(Context* context,
                                                        const v1::RewindSessionRequest* request,
                                                        v1::RewindSessionResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::RewindSession);
}

grpc::ServerUnaryReactor* SessionService::ForkSession(Context* context,
                                                      const v1::ForkSessionRequest* request,
                                                      v1::ForkSessionResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::ForkSession);
}

grpc::ServerUnaryReactor* SessionService::ExportSession(Context* context,
                                                        const v1::ExportSessionRequest* request,
                                                        v1::ExportSessionResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::ExportSession);
}

grpc::ServerUnaryReactor* SessionService::ImportSession(Context* context,
                                                        const v1::ImportSessionRequest* request,
                                                        v1::ImportSessionResponse* response) {
  return calls_.OnWorkerWhenDone(context, request, response, &cellar::ImportSession);
}

grpc::ServerUnaryReactor* SessionService::SetSessionState(Context* context,
                                                          const v1::SetSessionStateRequest* request,
                                                          v1::SetSessionStateResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::SetSessionState);
}

}  // namespace cellar
