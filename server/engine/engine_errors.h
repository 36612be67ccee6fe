// Every failure of this floor: its code, reason, metadata (error_reason.proto) and wording.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_ENGINE_ENGINE_ERRORS_H_
#define CELLAR_SERVER_ENGINE_ENGINE_ERRORS_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace cellar {

enum class StepQueueScope { kSession, kTenant, kServer };

// RESOURCE_EXHAUSTED / STEP_QUEUE_LIMIT: `limit` steps of this scope may wait, `used` do.
absl::Status StepQueueLimit(StepQueueScope scope, int64_t limit, int64_t used);

// DEADLINE_EXCEEDED / DEADLINE_PASSED.
absl::Status DeadlinePassed();

// ABORTED / STEP_CONFLICT: the step was made with other inputs.
absl::Status StepConflict(absl::string_view session, int64_t step_index, int64_t next_step);

// ABORTED / STEP_CONFLICT: the request begins before next_step and ends after it.
absl::Status StepOverlap(absl::string_view session, int64_t step_index, int64_t next_step);

// OUT_OF_RANGE / STEP_GAP: the step lies beyond next_step.
absl::Status StepGap(absl::string_view session, int64_t step_index, int64_t next_step);

// OUT_OF_RANGE / STEP_TOO_OLD: the step lies before the replay window.
absl::Status StepTooOld(absl::string_view session, int64_t step_index, int64_t oldest_step,
                        int64_t next_step);

// RESOURCE_EXHAUSTED / STEP_COUNT_LIMIT: so few indices are left before the largest there is.
absl::Status StepIndexLimit(absl::string_view session, int64_t steps, int64_t limit);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_ENGINE_ERRORS_H_
