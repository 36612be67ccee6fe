// SessionService on the wire.
//
// Thread safety: gRPC calls the methods, from any thread.
// Ownership: `api` and `admission` outlive every call.
#ifndef CELLAR_SERVER_RPC_SESSION_SERVICE_H_
#define CELLAR_SERVER_RPC_SESSION_SERVICE_H_

#include "cellar/v1/session_service.grpc.pb.h"
#include "server/api/api.h"
#include "server/rpc/admission.h"
#include "server/rpc/unary_calls.h"

namespace cellar {

class SessionService final : public v1::SessionService::CallbackService {
 public:
  SessionService(Api& api, Admission& admission)
      : api_(api), admission_(admission), calls_(api, admission) {}

 private:
  using Context = grpc::CallbackServerContext;

  grpc::ServerUnaryReactor* CreateSession(Context* context, const v1::CreateSessionRequest* request,
                                          v1::CreateSessionResponse* response) override;
  grpc::ServerUnaryReactor* GetSession(Context* context, const v1::GetSessionRequest* request,
                                       v1::GetSessionResponse* response) override;
  grpc::ServerUnaryReactor* ListSessions(Context* context, const v1::ListSessionsRequest* request,
                                         v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* DeleteSession(Context* context, const v1::DeleteSessionRequest* request,
                                          v1::DeleteSessionResponse* response) override;
  grpc::ServerUnaryReactor* Step(Context* context, const v1::StepRequest* request,
                                 v1::StepResponse* response) override;
  grpc::ServerBidiReactor<v1::StreamStepsRequest, v1::StreamStepsResponse>* StreamSteps(
      Context* context) override;
  grpc::ServerUnaryReactor* BatchStep(Context* context, const v1::BatchStepRequest* request,
                                      v1::BatchStepResponse* response) override;
  grpc::ServerBidiReactor<v1::StreamBatchStepsRequest, v1::StreamBatchStepsResponse>*
  StreamBatchSteps(Context* context) override;
  grpc::ServerUnaryReactor* ResetSession(Context* context, const v1::ResetSessionRequest* request,
                                         v1::ResetSessionResponse* response) override;
  grpc::ServerUnaryReactor* RewindSession(Context* context, const v1::RewindSessionRequest* request,
                                          v1::RewindSessionResponse* response) override;
  grpc::ServerUnaryReactor* ForkSession(Context* context, const v1::ForkSessionRequest* request,
                                        v1::ForkSessionResponse* response) override;
  grpc::ServerUnaryReactor* ExportSession(Context* context, const v1::ExportSessionRequest* request,
                                          v1::ExportSessionResponse* response) override;
  grpc::ServerUnaryReactor* ImportSession(Context* context, const v1::ImportSessionRequest* request,
                                          v1::ImportSessionResponse* response) override;
  grpc::ServerUnaryReactor* SetSessionState(Context* context,
                                            const v1::SetSessionStateRequest* request,
                                            v1::SetSessionStateResponse* response) override;

  Api& api_;
  Admission& admission_;
  UnaryCalls calls_;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_RPC_SESSION_SERVICE_H_
