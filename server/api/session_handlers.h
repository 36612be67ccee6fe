// SessionService but for stepping: create, look, list, delete, reset, rewind, fork, export, import,
// set. What each does, and its errors: session_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_SESSION_HANDLERS_H_
#define CELLAR_SERVER_API_SESSION_HANDLERS_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"

namespace cellar {

absl::Status GetSession(Api& api, const Call& call, const v1::GetSessionRequest& request,
                        v1::GetSessionResponse* response);
absl::Status ListSessions(Api& api, const Call& call, const v1::ListSessionsRequest& request,
                          v1::ListSessionsResponse* response);

// These wait for the store, if there is one and the session's durability asks for it. request and
// *response live until `done` was called.
void CreateSession(Api& api, const Call& call, const v1::CreateSessionRequest& request,
                   v1::CreateSessionResponse* response, Done done);
void DeleteSession(Api& api, const Call& call, const v1::DeleteSessionRequest& request,
                   v1::DeleteSessionResponse* response, Done done);
void ImportSession(Api& api, const Call& call, const v1::ImportSessionRequest& request,
                   v1::ImportSessionResponse* response, Done done);

// These wait for the session's turn, and then as those before. request and *response live until
// `done` was called.
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

// Calls `done` once the store has the new session; one that cannot be kept is discarded.
void FinishCreation(Api& api, const absl::StatusOr<std::shared_ptr<Session>>& created, Done done);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_SESSION_HANDLERS_H_
