// Failures that are found on this floor: wording, codes and reasons in one place. (A request that
// breaks a rule of its fields is BadRequest of base/error.h.)
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_API_API_ERRORS_H_
#define CELLAR_SERVER_API_API_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/identity/cap.h"

namespace cellar {

absl::Status AnswerSizeLimit(int64_t answer_bytes, int64_t limit_bytes);
absl::Status StepCountLimit(int64_t steps, int64_t limit);
// The same reason where it is not their number that is too large, but what they cost: one request
// may take `limit_multiply_adds`, for which `limit` of the steps can be made.
absl::Status StepCostLimit(int64_t steps, int64_t limit, int64_t limit_multiply_adds);
absl::Status StreamLimit(const ReachedCap& cap);
// Calls in flight have no room for so many bytes more.
absl::Status CallBytesLimit(const ReachedCap& cap, int64_t requested_bytes);
absl::Status ModelBidirectional(absl::string_view model);
absl::Status DurabilityUnavailable(absl::string_view durability);

// CANCELLED: the caller gave up before the work began, or in its middle.
absl::Status CallCancelled();

// DEADLINE_EXCEEDED in the middle of a streamed answer, or of a call that gRPC has ended for it.
absl::Status DeadlineExceeded();

// `status`, with what only this floor knows: server_epoch in the metadata of MODEL_NOT_FOUND,
// EXERCISE_NOT_FOUND and STEP_GAP. For the handlers that look one up, and for work in a turn.
absl::Status WithServerFacts(const absl::Status& status, absl::string_view server_epoch);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_API_ERRORS_H_
