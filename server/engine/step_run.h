// Steps of one session on their way through all layers, and several such runs advanced together.
//
// Sessions share a step only if model and numerics are the same. Each may be at another step, show
// itself in another way and go as far as it likes: runs come and go between two advances. The bits
// of a run are those of RunSteps, whoever was beside it.
//
// Thread safety: a run belongs to one thread at a time.
#ifndef CELLAR_SERVER_ENGINE_STEP_RUN_H_
#define CELLAR_SERVER_ENGINE_STEP_RUN_H_

#include <atomic>
#include <cstdint>
#include <variant>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/engine/step_crew.h"
#include "server/engine/step_recorder.h"
#include "server/engine/step_runner.h"
#include "server/model/model.h"
#include "server/model/stack_state.h"

namespace cellar {

template <class Real>
class StepRun {
 public:
  // Steps `state` through the rows of `inputs`. Everything outlives the run. REQUIRES: as RunSteps;
  // the model is not bidirectional.
  StepRun(const Model& model, const Numerics& numerics, absl::Span<const Real> inputs,
          TraceOptions options, StackState<Real>& state);

  // The same with a state in one piece (FreezeState).
  StepRun(const Model& model, const Numerics& numerics, absl::Span<const Real> inputs,
          TraceOptions options, absl::Span<Real> state);

  int64_t left() const { return step_count_ - made_; }  // steps that are still to be made

  // The most steps that so many sessions of this model should make in one Advance, for speed alone.
  // At least 1.
  int64_t LongestAdvance(int64_t run_count) const;

  // What the steps show; means nothing while any is left. REQUIRES: called once, and the run is not
  // advanced after it.
  StackTrace<Real> TakeTrace() { return recorder_.Take(); }

 private:
  template <class Same>
  friend int64_t Advance(absl::Span<StepRun<Same>* const> runs, int64_t count,
                         const std::atomic<int64_t>* newcomers, StepCrew* crew);

  const PackedStack<Real>* stack_;
  const Numerics* numerics_;
  const Real* inputs_;
  StackState<Real>* state_;  // null: the state is in one piece
  Real* numbers_;            // that piece
  int64_t step_count_;
  int64_t made_ = 0;
  StepRecorder<Real> recorder_;
};

using AnyStepRun = std::variant<StepRun<float>, StepRun<double>>;

// Makes `count` steps of every run, or fewer, but at least one, if `newcomers` (may be null)
// becomes other than 0 meanwhile. Returns how many. `crew` (may be null) helps; the caller leads
// it. REQUIRES: at least one run; all of the same model and equal numerics, of different sessions;
// 1 <= count <= left() of each.
template <class Real>
int64_t Advance(absl::Span<StepRun<Real>* const> runs, int64_t count,
                const std::atomic<int64_t>* newcomers = nullptr, StepCrew* crew = nullptr);

// Makes all steps that are left, by itself. Errors: what `wanted` says; then the run and its state
// mean nothing. It is asked between pieces, like a StopHook.
template <class Real>
absl::Status RunToEnd(StepRun<Real>& run, WantedCheck wanted);
absl::Status RunToEnd(AnyStepRun& run, WantedCheck wanted);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_STEP_RUN_H_
