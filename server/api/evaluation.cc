#include "server/api/evaluation.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/api/answer_size.h"
#include "server/api/api_errors.h"
#include "server/api/convert_enums.h"
#include "server/api/convert_model.h"
#include "server/api/convert_state.h"
#include "server/api/convert_tensor.h"
#include "server/api/convert_trace.h"
#include "server/api/evaluation_plan.h"
#include "server/base/status_macros.h"
#include "server/engine/step_runner.h"

namespace cellar {
namespace {

class PlannedEvaluation : public Evaluation {
 public:
  PlannedEvaluation(Api& api, Call call, EvaluationPlan plan)
      : clock_(api.clock), call_(std::move(call)), plan_(std::move(plan)) {}

  int64_t taken_bytes() const override { return plan_.taken_bytes; }
  bool AtEnd() const override { return sequence_ == plan_.sequences.size(); }
  absl::StatusOr<bool> Next(v1::EvaluateResponse* response) override;

 private:
  absl::Status CheckWanted() const;

  // Reads the state that the sequence begins with.
  void Begin();

  // Runs `step_count` steps from next_step_ on. Errors: as CheckWanted.
  absl::StatusOr<AnyStackTrace> Run(int64_t step_count, TraceOptions options);

  // The next rows of a sequence that is cut, and of one that was run as a whole.
  absl::StatusOr<bool> NextOfSteps(v1::EvaluateResponse* response);
  absl::StatusOr<bool> NextOfWhole(v1::EvaluateResponse* response);

  // Tells which steps are shown, and how the sequence ended if these were the last.
  void Finish(int64_t first_step, int64_t step_count, v1::EvaluateResponse* response);

  PlannedSequence& sequence() { return plan_.sequences[sequence_]; }

  Clock& clock_;
  const Call call_;
  EvaluationPlan plan_;
  size_t sequence_ = 0;                 // the one in work
  int64_t next_step_ = 0;               // of it: the first that was not answered
  std::optional<AnyStackState> state_;  // of it; nothing: not begun
  std::optional<AnyStackTrace> whole_;  // of it, if it is run as a whole and has been
};

absl::Status PlannedEvaluation::CheckWanted() const {
  if (call_.cancelled()) return CallCancelled();
  if (clock_.Now() >= call_.deadline) return DeadlineExceeded();
  return absl::OkStatus();
}

absl::StatusOr<bool> PlannedEvaluation::Next(v1::EvaluateResponse* response) {
  CELLAR_RETURN_IF_ERROR(CheckWanted());
  if (!state_.has_value()) Begin();
  response->set_sequence_index(static_cast<int32_t>(sequence_));
  return plan_.whole ? NextOfWhole(response) : NextOfSteps(response);
}

void PlannedEvaluation::Begin() {
  const auto& message = sequence().initial_state;
  FieldViolations none;  // it was checked
  state_ = *ReadState(message.has_value() ? &*message : nullptr,
                      {*plan_.model, plan_.numerics.precision}, "", none);
}

absl::StatusOr<AnyStackTrace> PlannedEvaluation::Run(int64_t step_count, TraceOptions options) {
  const int64_t input_size = plan_.model->input_size();
  const auto wanted = [this] { return CheckWanted(); };
  StopHook hook{wanted};
  AnyStackTrace trace = std::visit(
      [&](auto& state) -> AnyStackTrace {
        using Real = std::decay_t<decltype(state.layers[0].h[0])>;
        const auto& inputs = std::get<std::vector<Real>>(sequence().inputs);
        return RunSteps<Real>(
            *plan_.model, plan_.numerics,
            absl::MakeConstSpan(inputs).subspan(next_step_ * input_size, step_count * input_size),
            options, state, &hook);
      },
      *state_);
  CELLAR_RETURN_IF_ERROR(hook.why);
  return trace;
}

absl::StatusOr<bool> PlannedEvaluation::NextOfSteps(v1::EvaluateResponse* response) {
  const bool last_only = plan_.options.density == TraceDensity::kLastStep;
  const int64_t left = sequence().step_count - next_step_;
  const int64_t step_count = std::min(left, plan_.steps_per_piece);
  const bool shown = !last_only || step_count == left;
  // What is not shown is asked for in the shortest form there is.
  const TraceOptions options =
      shown ? plan_.options : TraceOptions{TraceView::kOutput, TraceDensity::kLastStep};
  CELLAR_ASSIGN_OR_RETURN(const AnyStackTrace trace, Run(step_count, options));
  const int64_t first_step = next_step_;
  next_step_ += step_count;
  if (!shown) return false;
  const int64_t row_count = RowCount(trace);
  WriteTrace(trace, {0, row_count}, plan_.encoding, response->mutable_trace());
  Finish(first_step + step_count - row_count, row_count, response);
  return true;
}

absl::StatusOr<bool> PlannedEvaluation::NextOfWhole(v1::EvaluateResponse* response) {
  if (!whole_.has_value()) {
    CELLAR_ASSIGN_OR_RETURN(whole_, Run(sequence().step_count, plan_.options));
  }
  const int64_t all_rows = RowCount(*whole_);
  // Rows are counted from the end: under LAST_STEP there is one, and it shows the last step.
  const int64_t hidden = sequence().step_count - all_rows;
  const int64_t first_row = std::max<int64_t>(0, next_step_ - hidden);
  const int64_t row_count = std::min(all_rows - first_row, plan_.steps_per_piece);
  WriteTrace(*whole_, {first_row, row_count}, plan_.encoding, response->mutable_trace());
  next_step_ = hidden + first_row + row_count;
  Finish(hidden + first_row, row_count, response);
  return true;
}

void PlannedEvaluation::Finish(int64_t first_step, int64_t step_count,
                               v1::EvaluateResponse* response) {
  response->set_first_step(first_step);
  response->set_step_count(step_count);
  if (next_step_ < sequence().step_count) return;
  WriteState(*state_, plan_.encoding, response->mutable_final_state());
  response->set_final_state_digest(StackStateDigest(*state_));
  sequence() = {};  // nobody needs it any more
  ++sequence_;
  next_step_ = 0;
  state_.reset();
  whole_.reset();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Evaluation>> Evaluation::Create(Api& api, const Call& call,
                                                               const v1::EvaluateRequest& request) {
  CELLAR_ASSIGN_OR_RETURN(EvaluationPlan plan, PlanEvaluation(api, call, request));
  return std::make_unique<PlannedEvaluation>(api, call, std::move(plan));
}

}  // namespace cellar
