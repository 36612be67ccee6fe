// Steps asked for, checked and ready to be made: what Step and the messages of a stream share.
//
// Thread safety: pure functions of their arguments, but for the lease, which belongs to one thread.
#ifndef CELLAR_SERVER_API_STEP_PLAN_H_
#define CELLAR_SERVER_API_STEP_PLAN_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cellar/v1/session_service.pb.h"
#include "cellar/v1/tensor.pb.h"
#include "server/api/api.h"
#include "server/base/error.h"
#include "server/base/shared_numbers.h"
#include "server/engine/session_steps.h"
#include "server/engine/step_runner.h"
#include "server/session/session_lease.h"

namespace cellar {

// Where a wish stands in its message; put into words only when something is wrong with it.
struct WishPlace {
  static constexpr int kNoItem = -1;

  absl::string_view message = "";  // "", "step." or "batch."; a literal
  int item = kNoItem;              // of a batch

  // What paths begin with: "", "step." or "batch.items[7].".
  std::string Prefix() const;
};

// The parts of a message that ask for steps, already read where they need no session.
struct StepWish {
  const v1::Tensor& inputs;
  std::optional<int64_t> step_index;
  TraceOptions options;
  v1::Encoding encoding = v1::ENCODING_UNSPECIFIED;  // of the answer
  WishPlace place;
};

struct StepPlan {
  SharedNumbers inputs;  // [step_count, I]
  int64_t step_count = 0;
  int64_t multiply_adds = 0;  // that it takes, about
  std::optional<int64_t> step_index;
  TraceOptions options;
  v1::Encoding encoding = v1::ENCODING_VALUES;
  bool with_digest = true;   // whether the answer has one
  int64_t answer_bytes = 0;  // at most
};

// Steps that are checked, of a session that is held for them.
struct PreparedStep {
  SessionHold hold;
  StepPlan plan;
};

// Adds a violation at `path` if the index is negative.
void CheckStepIndex(int64_t step_index, absl::string_view path, FieldViolations& violations);

// The same of the index wished for, if there is one.
void CheckStepIndex(const StepWish& wish, FieldViolations& violations);

// Adds a violation if there are no inputs: all that can be said of them without a session.
void CheckInputsGiven(const StepWish& wish, FieldViolations& violations);

// Reads the inputs for a session. `violations` are those found before in the same request; all are
// reported at once. Errors: BAD_REQUEST, STEP_COUNT_LIMIT, ANSWER_SIZE_LIMIT.
absl::StatusOr<StepPlan> PlanSteps(const ApiLimits& limits, const SessionTerms& terms,
                                   const StepWish& wish, FieldViolations violations);

// Holds the caller's session `name`, which stands in the request beside the wish, and checks the
// wish against it: everything that can be found out before its turn. `violations` as in PlanSteps.
// Errors: those of HoldNamed and PlanSteps.
absl::StatusOr<PreparedStep> PrepareSteps(Api& api, const Call& call, absl::string_view name,
                                          const StepWish& wish, FieldViolations violations = {});

// What a step of `model` costs, in multiply-adds: those of its sums, or what activations and
// bookkeeping take all the same.
int64_t StepCost(const Model& model);

// What it costs at most to go back to `step_index` of `session`: the window is stepped again from
// the request before it. 0 for the next step and beyond.
int64_t GoBackCost(const Session& session, int64_t step_index);

// Whether one request may have so many steps that cannot be interrupted once they run, each of
// `step_cost` multiply-adds; one always may be had. Errors: STEP_COUNT_LIMIT, which tells of the
// limit that is the lower one.
absl::Status CheckStepCount(const ApiLimits& limits, int64_t step_cost, int64_t step_count);

// Fills the answer to steps that were made, and counts both.
void WriteAnswer(Api& api, const SessionLease& lease, const StepPlan& plan,
                 const StepOutcome& outcome, v1::StepResponse* response);

// Makes the steps, fills the answer and counts both; gives up in the middle if nobody wants them
// any more. Errors: as MakeSteps, CANCELLED, DEADLINE_PASSED; then the session is as before.
absl::Status RunPlan(Api& api, const Call& call, SessionLease& lease, const StepPlan& plan,
                     v1::StepResponse* response);

}  // namespace cellar

#endif  // CELLAR_SERVER_API_STEP_PLAN_H_
