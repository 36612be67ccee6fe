// SessionService.Step. What it does, and its errors: session_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_STEP_HANDLERS_H_
#define CELLAR_SERVER_API_STEP_HANDLERS_H_

#include "absl/status/status.h"
#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"

namespace cellar {

// request and *response live until `done` was called.
void Step(Api& api, const Call& call, const v1::StepRequest& request, v1::StepResponse* response,
          Done done);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_STEP_HANDLERS_H_
