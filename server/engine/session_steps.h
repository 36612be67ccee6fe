// Steps, retries and rewinds of a leased session: what the rules of step indices mean
// (session_service.proto).
//
// Thread safety: works on a lease, which belongs to one thread.
#ifndef CELLAR_SERVER_ENGINE_SESSION_STEPS_H_
#define CELLAR_SERVER_ENGINE_SESSION_STEPS_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/shared_numbers.h"
#include "server/engine/step_run.h"
#include "server/engine/step_runner.h"
#include "server/session/session_lease.h"

namespace cellar {

struct StepOutcome {
  int64_t first_step = 0;
  int64_t step_count = 0;
  bool repeated = false;  // they had been made before
  AnyStackTrace trace;
  int64_t next_step = 0;
  SharedNumbers state_after;  // after the last of these steps, not of the session
};

inline absl::Status AlwaysWanted() { return absl::OkStatus(); }

// The steps of one request in their session's turn, apart from the arithmetic: Next says what is to
// be stepped, whoever calls it steps that, alone or together with others, and comes back.
class SessionSteps {
 public:
  // As MakeSteps. `lease` outlives the object.
  SessionSteps(SessionLease& lease, std::optional<int64_t> step_index, SharedNumbers inputs,
               TraceOptions options);
  SessionSteps(const SessionSteps&) = delete;
  SessionSteps& operator=(const SessionSteps&) = delete;

  // The run to be stepped to its end before Next is called again; null once everything is made, and
  // committed. Errors: as MakeSteps; then the session is as before, and it is over. May be given up
  // at any time, with the session as before.
  absl::StatusOr<AnyStepRun*> Next();

  // REQUIRES: Next returned null; called once.
  StepOutcome TakeOutcome() { return std::move(outcome_); }

 private:
  enum class Stage { kBegin, kGoBack, kRepeat, kApply, kDone };

  // The first run, or the next one. Errors: as Next.
  absl::StatusOr<AnyStepRun*> Begin();
  absl::StatusOr<AnyStepRun*> BeginRepeat();
  absl::StatusOr<AnyStepRun*> BeginApply();

  // Steps state_ through the rows of `inputs` in [begin, end).
  template <class Real>
  void Begin(const SharedNumbers& inputs, int64_t begin, int64_t end, TraceOptions options);
  AnyStepRun* Run(Stage stage, const SharedNumbers& inputs, int64_t begin, int64_t end,
                  TraceOptions options);

  // The steps that were asked for are made.
  absl::StatusOr<AnyStepRun*> Finish();

  SessionLease& lease_;
  const std::optional<int64_t> step_index_;
  SharedNumbers inputs_;
  const TraceOptions options_;
  Stage stage_ = Stage::kBegin;
  SharedNumbers state_;            // until it is the outcome's
  std::optional<AnyStepRun> run_;  // of state_
  StepOutcome outcome_;
};

// Makes the steps `inputs` ([T, I], in the session's precision), or answers them again if they were
// made before. `step_index`: where they must start; nothing: at next_step. Errors: STEP_CONFLICT,
// STEP_GAP, STEP_TOO_OLD, STEP_COUNT_LIMIT (the largest index would be passed), what `wanted`
// says, and those of SessionLease::Commit; then the session is as before. REQUIRES: T >= 1.
absl::StatusOr<StepOutcome> MakeSteps(SessionLease& lease, std::optional<int64_t> step_index,
                                      SharedNumbers inputs, TraceOptions options,
                                      WantedCheck wanted = AlwaysWanted);

// What the session was before `step_index`, with the window cut there; nothing is committed.
// Errors: STEP_GAP (beyond next_step), STEP_TOO_OLD (before the window), what `wanted`
// says.
absl::StatusOr<SessionProgress> ProgressAt(const Session& session, const SessionProgress& progress,
                                           int64_t step_index, WantedCheck wanted = AlwaysWanted);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_SESSION_STEPS_H_
