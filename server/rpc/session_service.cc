#include "server/rpc/session_service.h"

#include <functional>
#include <utility>

#include "server/api/batch_step.h"
#include "server/api/session_handlers.h"
#include "server/api/step_handlers.h"
#include "server/api/step_stream.h"
#include "server/rpc/step_stream_reactor.h"

namespace cellar {
namespace {

// Requests above this are converted on a worker: above it that takes longer than handing over.
constexpr size_t kDearRequestBytes = size_t{64} << 10;

}  // namespace

grpc::ServerUnaryReactor* SessionService::CreateSession(Context* context,
                                                        const v1::CreateSessionRequest* request,
                                                        v1::CreateSessionResponse* response) {
  if (request->ByteSizeLong() > kDearRequestBytes) {
    return calls_.OnWorker(context, request, response, &cellar::CreateSession);
  }
  return calls_.AtOnce(context, request, response, &cellar::CreateSession);
}

grpc::ServerUnaryReactor* SessionService::GetSession(Context* context,
                                                     const v1::GetSessionRequest* request,
                                                     v1::GetSessionResponse* response) {
  if (request->view() == v1::SESSION_VIEW_FULL) {
    return calls_.OnWorker(context, request, response, &cellar::GetSession);
  }
  return calls_.AtOnce(context, request, response, &cellar::GetSession);
}

grpc::ServerUnaryReactor* SessionService::ListSessions(Context* context,
                                                       const v1::ListSessionsRequest* request,
                                                       v1::ListSessionsResponse* response) {
  return calls_.OnWorker(context, request, response, &cellar::ListSessions);
}

grpc::ServerUnaryReactor* SessionService::DeleteSession(Context* context,
                                                        const v1::DeleteSessionRequest* request,
                                                        v1::DeleteSessionResponse* response) {
  return calls_.AtOnce(context, request, response, &cellar::DeleteSession);
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
  return calls_.OnWorker(context, request, response, &cellar::ImportSession);
}

grpc::ServerUnaryReactor* SessionService::SetSessionState(Context* context,
                                                          const v1::SetSessionStateRequest* request,
                                                          v1::SetSessionStateResponse* response) {
  return calls_.WhenDone(context, request, response, &cellar::SetSessionState);
}

}  // namespace cellar
