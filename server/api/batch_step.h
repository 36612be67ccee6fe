// SessionService.BatchStep and StreamBatchSteps: steps of many sessions in one message. What it
// does, and its errors: session_service.proto.
//
// Thread safety: may be called from any thread.
#ifndef CELLAR_SERVER_API_BATCH_STEP_H_
#define CELLAR_SERVER_API_BATCH_STEP_H_

#include "cellar/v1/session_service.pb.h"
#include "server/api/api.h"

namespace cellar {

// Items of one batch; see session_service.proto.
inline constexpr int kMaxBatchItems = 10'000;

// request and *response live until `done` was called; what the response holds of an earlier batch
// is written over. A large batch is worked off on a worker, a small one at once; items that are
// dear or have to wait get their turns like any step.
void BatchStep(Api& api, const Call& call, const v1::BatchStepRequest& request,
               v1::BatchStepResponse* response, Done done);

// As BatchStep, for a message of StreamBatchSteps.
void StreamBatchStep(Api& api, const Call& call, const v1::StreamBatchStepsRequest& request,
                     v1::StreamBatchStepsResponse* response, Done done);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_BATCH_STEP_H_
