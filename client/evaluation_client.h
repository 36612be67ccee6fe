// Evaluates whole sequences on the server and puts the streamed parts together.
//
// Thread safety: functions; no shared state.
#ifndef CELLAR_CLIENT_EVALUATION_CLIENT_H_
#define CELLAR_CLIENT_EVALUATION_CLIENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cellar/v1/evaluation_service.pb.h"
#include "cellar/v1/trace.pb.h"
#include "client/connection.h"

namespace cellar {

// What became of one sequence.
struct EvaluatedSequence {
  v1::Trace trace;  // all steps shown, in order
  v1::State final_state;
  std::string final_state_digest;
};

// Runs the request; safe to repeat, so a broken connection is tried again from the start. Returns
// one entry for each of the request's sequences, in its order. Fails as Evaluate does (FromCall),
// and with INTERNAL if the answers do not fit the request.
absl::StatusOr<std::vector<EvaluatedSequence>> Evaluate(Connection& connection,
                                                        const v1::EvaluateRequest& request);

}  // namespace cellar

#endif  // CELLAR_CLIENT_EVALUATION_CLIENT_H_
