#include "server/engine/session_steps.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "server/base/status_macros.h"
#include "server/engine/engine_errors.h"

namespace cellar {
namespace {

// Shows as little as can be shown: for steps whose results nobody asked for.
constexpr TraceOptions kSilent = {TraceView::kOutput, TraceDensity::kLastStep};

// The rows of `inputs` in [begin, end).
template <class Real>
absl::Span<const Real> RowsOf(const SessionTerms& terms, const SharedNumbers& inputs, int64_t begin,
                              int64_t end) {
  const int64_t input_size = terms.model->input_size();
  return inputs.As<Real>().subspan(begin * input_size, (end - begin) * input_size);
}

// The request in which `step` was made. REQUIRES: step < progress.next_step.
absl::StatusOr<const ReplayEntry*> FindEntry(absl::string_view name,
                                             const SessionProgress& progress, int64_t step) {
  const ReplayEntry* entry = progress.window.Find(step);
  if (entry != nullptr) return entry;
  const int64_t oldest_step = progress.window.OldestStep(progress.next_step);
  return StepTooOld(name, step, oldest_step, progress.next_step);
}

// The state before `step`, which `entry` contains: its own, or stepped there.
absl::StatusOr<SharedNumbers> StateBefore(const SessionTerms& terms, const ReplayEntry& entry,
                                          int64_t step, WantedCheck wanted) {
  const int64_t row_count = step - entry.first_step;
  if (row_count == 0) return entry.state_before;
  AnyStackState state = ThawState(entry.state_before, *terms.model);
  StopHook hook{wanted};
  std::visit(
      [&]<class Real>(StackState<Real>& typed_state) {
        RunSteps<Real>(*terms.model, terms.numerics,
                       RowsOf<Real>(terms, entry.inputs, 0, row_count), kSilent, typed_state,
                       &hook);
      },
      state);
  CELLAR_RETURN_IF_ERROR(hook.why);
  return FreezeState(state);
}

int64_t StepCount(const SessionTerms& terms, const SharedNumbers& inputs) {
  return inputs.count() / terms.model->input_size();
}

// The bytes of the rows of `inputs` in [begin, end).
absl::Span<const char> RowBytes(const SessionTerms& terms, const SharedNumbers& inputs,
                                int64_t begin, int64_t end) {
  const auto bytes_of = [](const auto& rows) {
    return absl::MakeConstSpan(reinterpret_cast<const char*>(rows.data()),
                               rows.size() * sizeof(rows[0]));
  };
  return inputs.is_double() ? bytes_of(RowsOf<double>(terms, inputs, begin, end))
                            : bytes_of(RowsOf<float>(terms, inputs, begin, end));
}

// The first of the steps from `first_step` on that was made with other inputs, bit for bit; nothing
// if none was. REQUIRES: all lie in the window.
std::optional<int64_t> FindConflict(const SessionTerms& terms, const ReplayWindow& window,
                                    int64_t first_step, const SharedNumbers& inputs) {
  const int64_t end_step = first_step + StepCount(terms, inputs);
  for (int64_t k = 0; k < window.entry_count(); ++k) {
    const ReplayEntry& entry = window.entry(k);
    const int64_t begin = std::max(first_step, entry.first_step);
    const int64_t end = std::min(end_step, entry.first_step + entry.step_count);
    for (int64_t step = begin; step < end; ++step) {
      const int64_t given_row = step - first_step;
      const int64_t made_row = step - entry.first_step;
      const auto given = RowBytes(terms, inputs, given_row, given_row + 1);
      const auto made = RowBytes(terms, entry.inputs, made_row, made_row + 1);
      if (given != made) return step;
    }
  }
  return std::nullopt;
}

}  // namespace

SessionSteps::SessionSteps(SessionLease& lease, std::optional<int64_t> step_index,
                           SharedNumbers inputs, TraceOptions options)
    : lease_(lease), step_index_(step_index), inputs_(std::move(inputs)), options_(options) {
  outcome_.step_count = StepCount(lease.terms(), inputs_);
}

absl::StatusOr<AnyStepRun*> SessionSteps::Next() {
  switch (stage_) {
    case Stage::kBegin:
      return Begin();
    case Stage::kGoBack:
      return Run(Stage::kRepeat, inputs_, 0, outcome_.step_count, options_);
    case Stage::kRepeat:
    case Stage::kApply:
      return Finish();
    case Stage::kDone:
      break;
  }
  return nullptr;
}

absl::StatusOr<AnyStepRun*> SessionSteps::Begin() {
  const int64_t next_step = lease_.progress().next_step;
  outcome_.first_step = step_index_.value_or(next_step);
  if (outcome_.first_step > next_step) {
    return StepGap(lease_.session().name(), outcome_.first_step, next_step);
  }
  return outcome_.first_step < next_step ? BeginRepeat() : BeginApply();
}

// The steps were made before: they are answered again.
absl::StatusOr<AnyStepRun*> SessionSteps::BeginRepeat() {
  const SessionTerms& terms = lease_.terms();
  const SessionProgress& progress = lease_.progress();
  const int64_t first_step = outcome_.first_step;
  CELLAR_ASSIGN_OR_RETURN(const ReplayEntry* entry,
                          FindEntry(lease_.session().name(), progress, first_step));
  if (outcome_.step_count > progress.next_step - first_step) {
    return StepOverlap(lease_.session().name(), first_step, progress.next_step);
  }
  const auto conflict = FindConflict(terms, progress.window, first_step, inputs_);
  if (conflict.has_value())
    return StepConflict(lease_.session().name(), *conflict, progress.next_step);

  outcome_.repeated = true;
  outcome_.next_step = progress.next_step;
  state_ = entry->state_before.Clone();
  const int64_t row_count = first_step - entry->first_step;
  // The lease keeps the window as it is, and with it the entry's inputs.
  if (row_count > 0) return Run(Stage::kGoBack, entry->inputs, 0, row_count, kSilent);
  return Run(Stage::kRepeat, inputs_, 0, outcome_.step_count, options_);
}

// The steps are new: they are made and remembered.
absl::StatusOr<AnyStepRun*> SessionSteps::BeginApply() {
  const int64_t left_count = std::numeric_limits<int64_t>::max() - outcome_.first_step;
  if (outcome_.step_count > left_count) {
    return StepIndexLimit(lease_.session().name(), outcome_.step_count, left_count);
  }
  outcome_.next_step = outcome_.first_step + outcome_.step_count;
  state_ = lease_.progress().state.Clone();
  return Run(Stage::kApply, inputs_, 0, outcome_.step_count, options_);
}

template <class Real>
void SessionSteps::Begin(const SharedNumbers& inputs, int64_t begin, int64_t end,
                         TraceOptions options) {
  const SessionTerms& terms = lease_.terms();
  run_.emplace(std::in_place_type<StepRun<Real>>, *terms.model, terms.numerics,
               RowsOf<Real>(terms, inputs, begin, end), options, state_.Mutable<Real>());
}

AnyStepRun* SessionSteps::Run(Stage stage, const SharedNumbers& inputs, int64_t begin, int64_t end,
                              TraceOptions options) {
  if (state_.is_double()) {
    Begin<double>(inputs, begin, end, options);
  } else {
    Begin<float>(inputs, begin, end, options);
  }
  stage_ = stage;
  return &*run_;
}

absl::StatusOr<AnyStepRun*> SessionSteps::Finish() {
  std::visit([&](auto& run) { outcome_.trace = run.TakeTrace(); }, *run_);
  run_.reset();
  outcome_.state_after = std::move(state_);
  if (stage_ == Stage::kApply) {
    CELLAR_RETURN_IF_ERROR(
        lease_.Advance({outcome_.step_count, std::move(inputs_), outcome_.state_after}));
  }
  stage_ = Stage::kDone;
  return nullptr;
}

absl::StatusOr<StepOutcome> MakeSteps(SessionLease& lease, std::optional<int64_t> step_index,
                                      SharedNumbers inputs, TraceOptions options,
                                      WantedCheck wanted) {
  SessionSteps steps(lease, step_index, std::move(inputs), options);
  while (true) {
    CELLAR_ASSIGN_OR_RETURN(AnyStepRun* const run, steps.Next());
    if (run == nullptr) return steps.TakeOutcome();
    CELLAR_RETURN_IF_ERROR(RunToEnd(*run, wanted));
  }
}

absl::StatusOr<SessionProgress> ProgressAt(const Session& session, const SessionProgress& progress,
                                           int64_t step_index, WantedCheck wanted) {
  if (step_index > progress.next_step) {
    return StepGap(session.name(), step_index, progress.next_step);
  }
  if (step_index == progress.next_step) return progress;
  CELLAR_ASSIGN_OR_RETURN(const ReplayEntry* entry,
                          FindEntry(session.name(), progress, step_index));
  SessionProgress earlier = progress;
  CELLAR_ASSIGN_OR_RETURN(earlier.state, StateBefore(session.terms(), *entry, step_index, wanted));
  earlier.next_step = step_index;
  earlier.window.TruncateAt(step_index);
  return earlier;
}

}  // namespace cellar
