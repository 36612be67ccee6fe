// Steps, retries and rewinds of a leased session: what the rules of step indices mean
// (session_service.proto).
//
// Thread safety: works on a lease, which belongs to one thread.
#ifndef CELLAR_SERVER_ENGINE_SESSION_STEPS_H_
#define CELLAR_SERVER_ENGINE_SESSION_STEPS_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/engine/step_runner.h"
#include "server/session/session_lease.h"

namespace cellar {

struct StepOutcome {
  int64_t first_step = 0;
  int64_t step_count = 0;
  AnyStackTrace trace;
  int64_t next_step = 0;
  std::shared_ptr<const AnyStackState>
      state_after;  // after the last of these steps, not of the session
};

inline absl::Status AlwaysWanted() { return absl::OkStatus(); }

// Makes the steps `inputs` ([T, I], in the session's precision), or answers them again if they were
// made before. `step_index`: where they must start; nothing: at next_step. Errors: STEP_CONFLICT,
// STEP_GAP, STEP_TOO_OLD, STEP_COUNT_LIMIT (the largest index would be passed), what `wanted`
// says, and those of SessionLease::Commit; then the session is as before. REQUIRES: T >= 1.
absl::StatusOr<StepOutcome> MakeSteps(SessionLease& lease, std::optional<int64_t> step_index,
                                      std::shared_ptr<const AnyInputs> inputs, TraceOptions options,
                                      WantedCheck wanted = AlwaysWanted);

// What the session was before `step_index`, with the window cut there; nothing is committed.
// Errors: STEP_GAP (beyond next_step), STEP_TOO_OLD (before the window), what `wanted`
// says.
absl::StatusOr<SessionProgress> ProgressAt(const SessionConfig& config,
                                           const SessionProgress& progress, int64_t step_index,
                                           WantedCheck wanted = AlwaysWanted);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_SESSION_STEPS_H_
