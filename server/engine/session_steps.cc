#include "server/engine/session_steps.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/base/status_macros.h"
#include "server/engine/engine_errors.h"

namespace cellar {
namespace {

// Shows as little as can be shown: for steps whose results nobody asked for.
constexpr TraceOptions kSilent = {TraceView::kOutput, TraceDensity::kLastStep};

// Steps `state` through the rows of `inputs` in [begin, end). If it was stopped, trace and `state`
// mean nothing.
AnyStackTrace RunRows(const SessionConfig& config, const AnyInputs& inputs,
                      std::pair<int64_t, int64_t> rows, TraceOptions options, StopHook& hook,
                      AnyStackState& state) {
  const int64_t input_size = config.model->input_size();
  return std::visit(
      [&](auto& typed_state) -> AnyStackTrace {
        using Real = std::decay_t<decltype(typed_state.layers[0].h[0])>;
        const auto& all = std::get<std::vector<Real>>(inputs);
        const auto span = absl::MakeConstSpan(all).subspan(rows.first * input_size,
                                                           (rows.second - rows.first) * input_size);
        return RunSteps<Real>(*config.model, config.numerics, span, options, typed_state, &hook);
      },
      state);
}

// The request in which `step` was made. REQUIRES: step < progress.next_step.
absl::StatusOr<const ReplayEntry*> FindEntry(const SessionConfig& config,
                                             const SessionProgress& progress, int64_t step) {
  const ReplayEntry* entry = progress.window.Find(step);
  if (entry != nullptr) return entry;
  const int64_t oldest_step = progress.window.OldestStep(progress.next_step);
  return StepTooOld(config.name, step, oldest_step, progress.next_step);
}

// The state before `step`, which `entry` contains: its own, or stepped there.
absl::StatusOr<AnyStackState> StateBefore(const SessionConfig& config, const ReplayEntry& entry,
                                          int64_t step, WantedCheck wanted) {
  AnyStackState state = *entry.state_before;
  const int64_t row_count = step - entry.first_step;
  if (row_count == 0) return state;
  StopHook hook{wanted};
  RunRows(config, *entry.inputs, {0, row_count}, kSilent, hook, state);
  CELLAR_RETURN_IF_ERROR(hook.why);
  return state;
}

int64_t StepCount(const SessionConfig& config, const AnyInputs& inputs) {
  const size_t number_count = std::visit([](const auto& all) { return all.size(); }, inputs);
  return static_cast<int64_t>(number_count) / config.model->input_size();
}

// The bytes of the rows of `inputs` in [begin, end).
absl::Span<const char> RowBytes(const SessionConfig& config, const AnyInputs& inputs, int64_t begin,
                                int64_t end) {
  return std::visit(
      [&](const auto& all) {
        const int64_t row_bytes = config.model->input_size() * sizeof(all[0]);
        return absl::MakeConstSpan(reinterpret_cast<const char*>(all.data()) + begin * row_bytes,
                                   (end - begin) * row_bytes);
      },
      inputs);
}

// The first of the steps from `first_step` on that was made with other inputs, bit for bit; nothing
// if none was. REQUIRES: all lie in the window.
std::optional<int64_t> FindConflict(const SessionConfig& config, const ReplayWindow& window,
                                    int64_t first_step, const AnyInputs& inputs) {
  const int64_t end_step = first_step + StepCount(config, inputs);
  for (const ReplayEntry& entry : window.entries()) {
    const int64_t begin = std::max(first_step, entry.first_step);
    const int64_t end = std::min(end_step, entry.first_step + entry.step_count);
    for (int64_t step = begin; step < end; ++step) {
      const int64_t given_row = step - first_step;
      const int64_t made_row = step - entry.first_step;
      const auto given = RowBytes(config, inputs, given_row, given_row + 1);
      const auto made = RowBytes(config, *entry.inputs, made_row, made_row + 1);
      if (given != made) return step;
    }
  }
  return std::nullopt;
}

// The steps were made before: answers them again.
absl::StatusOr<StepOutcome> RepeatSteps(const SessionLease& lease, int64_t first_step,
                                        const AnyInputs& inputs, TraceOptions options,
                                        WantedCheck wanted) {
  const SessionConfig& config = lease.config();
  const SessionProgress& progress = lease.progress();
  const int64_t step_count = StepCount(config, inputs);
  CELLAR_ASSIGN_OR_RETURN(const ReplayEntry* entry, FindEntry(config, progress, first_step));
  if (step_count > progress.next_step - first_step) {
    return StepOverlap(config.name, first_step, progress.next_step);
  }
  const auto conflict = FindConflict(config, progress.window, first_step, inputs);
  if (conflict.has_value()) return StepConflict(config.name, *conflict, progress.next_step);

  CELLAR_ASSIGN_OR_RETURN(AnyStackState state, StateBefore(config, *entry, first_step, wanted));
  StepOutcome outcome;
  outcome.first_step = first_step;
  outcome.step_count = step_count;
  StopHook hook{wanted};
  outcome.trace = RunRows(config, inputs, {0, step_count}, options, hook, state);
  CELLAR_RETURN_IF_ERROR(hook.why);
  outcome.next_step = progress.next_step;
  outcome.state_after = std::make_shared<const AnyStackState>(std::move(state));
  return outcome;
}

// The steps are new: makes and remembers them.
absl::StatusOr<StepOutcome> ApplySteps(SessionLease& lease, std::shared_ptr<const AnyInputs> inputs,
                                       TraceOptions options, WantedCheck wanted) {
  const SessionConfig& config = lease.config();
  const int64_t first_step = lease.progress().next_step;
  const int64_t step_count = StepCount(config, *inputs);
  const int64_t left_count = std::numeric_limits<int64_t>::max() - first_step;
  if (step_count > left_count) return StepIndexLimit(config.name, step_count, left_count);

  AnyStackState state = *lease.progress().state;
  StepOutcome outcome;
  outcome.first_step = first_step;
  outcome.step_count = step_count;
  StopHook hook{wanted};
  outcome.trace = RunRows(config, *inputs, {0, step_count}, options, hook, state);
  CELLAR_RETURN_IF_ERROR(hook.why);
  outcome.next_step = first_step + step_count;
  outcome.state_after = std::make_shared<const AnyStackState>(std::move(state));

  CELLAR_RETURN_IF_ERROR(lease.Advance({step_count, std::move(inputs), outcome.state_after}));
  return outcome;
}

}  // namespace

absl::StatusOr<StepOutcome> MakeSteps(SessionLease& lease, std::optional<int64_t> step_index,
                                      std::shared_ptr<const AnyInputs> inputs, TraceOptions options,
                                      WantedCheck wanted) {
  const int64_t next_step = lease.progress().next_step;
  const int64_t first_step = step_index.value_or(next_step);
  if (first_step > next_step) return StepGap(lease.config().name, first_step, next_step);
  if (first_step < next_step) return RepeatSteps(lease, first_step, *inputs, options, wanted);
  return ApplySteps(lease, std::move(inputs), options, wanted);
}

absl::StatusOr<SessionProgress> ProgressAt(const SessionConfig& config,
                                           const SessionProgress& progress, int64_t step_index,
                                           WantedCheck wanted) {
  if (step_index > progress.next_step) {
    return StepGap(config.name, step_index, progress.next_step);
  }
  if (step_index == progress.next_step) return progress;
  CELLAR_ASSIGN_OR_RETURN(const ReplayEntry* entry, FindEntry(config, progress, step_index));
  SessionProgress earlier = progress;
  earlier.state = entry->state_before;
  if (entry->first_step < step_index) {
    CELLAR_ASSIGN_OR_RETURN(AnyStackState state, StateBefore(config, *entry, step_index, wanted));
    earlier.state = std::make_shared<const AnyStackState>(std::move(state));
  }
  earlier.next_step = step_index;
  earlier.window.TruncateAt(step_index);
  return earlier;
}

}  // namespace cellar
