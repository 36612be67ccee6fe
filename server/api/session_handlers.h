// SessionService but for stepping: create, look, list, delete, reset, rewind, fork, export, import,
// set. What each does, and its errors: session_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_SESSION_HANDLERS_H_
#define CELLAR_SERVER_API_SESSION_HANDLERS_H_

#include "absl/status/status.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"

namespace cellar {

absl::Status CreateSession(Api& api, const Call& call, const v1::CreateSessionRequest& request,
                           v1::CreateSessionResponse* response);
absl::Status GetSession(Api& api, const Call& call, const v1::GetSessionRequest& request,
                        v1::GetSessionResponse* response);
absl::Status ListSessions(Api& api, const Call& call, const v1::ListSessionsRequest& request,
                          v1::ListSessionsResponse* response);
absl::Status DeleteSession(Api& api, const Call& call, const v1::DeleteSessionRequest& request,
                           v1::DeleteSessionResponse* response);
absl::Status ImportSession(Api& api, const Call& call, const v1::ImportSessionRequest& request,
                           v1::ImportSessionResponse* response);

// These wait for the session's turn. request and *response live until `done` was called.
void ResetSession(Api& api, const Call& call, const v1::ResetSessionRequest& request,
                  v1::ResetSessionResponse* response, Done done);
void RewindSession(Api& api, const Call& call, const v1::RewindSessionRequest& request,
                   v1::RewindSessionResponse* response, Done done);
void ForkSession(Api& api, const Call& call, const v1::ForkSessionRequest& request,
                 v1::ForkSessionResponse* response, Done done);
void ExportSession(Api& api, const Call& call, const v1::ExportSessionRequest& request,
                   v1::ExportSessionResponse* response, Done done);
void SetSessionState(Api& api, const Call& call, const v1::SetSessionStateRequest& request,
                     v1::SetSessionStateResponse* response, Done done);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_SESSION_HANDLERS_H_
