// Many steps through a whole model: the loop over time and layers around StepRows.
//
// Thread safety: pure functions of their arguments; a workspace belongs to one thread at a time.
#ifndef CELLAR_SERVER_ENGINE_STEP_RUNNER_H_
#define CELLAR_SERVER_ENGINE_STEP_RUNNER_H_

#include <cstdint>
#include <variant>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/types/span.h"
#include "server/cell/numerics.h"
#include "server/model/model.h"
#include "server/model/stack_state.h"

namespace cellar {

enum class TraceView { kOutput, kState, kTrace };
enum class TraceDensity { kEveryStep, kLastStep };

struct TraceOptions {
  TraceView view = TraceView::kOutput;
  TraceDensity density = TraceDensity::kEveryStep;
};

// One layer over N shown steps; each array is [N, length], row-major, or empty if not asked for or
// not there.
template <class Real>
struct LayerTrace {
  std::vector<Real> h, c, forget_gate, input_gate, output_gate, update_gate, reset_gate, candidate,
      unrounded_h;
};

// The steps of one request, seen from inside; see trace.proto.
template <class Real>
struct StackTrace {
  int64_t step_count = 0;     // N
  std::vector<Real> outputs;  // [N, output size of the model]
  std::vector<LayerTrace<Real>> layers;
  std::vector<LayerTrace<Real>> backward_layers;
};

using AnyStackTrace = std::variant<StackTrace<float>, StackTrace<double>>;

// OK as long as somebody wants the outcome of some work.
using WantedCheck = absl::FunctionRef<absl::Status()>;

// Asked between the pieces of a long run whether to go on: about every few milliseconds with a
// small model, after each few steps with a very large one, and never in a run of one piece.
struct StopHook {
  WantedCheck wanted;
  absl::Status why = absl::OkStatus();  // set by RunSteps: not OK if it gave up
};

// Steps `state` through the rows of `inputs` ([T, I], row-major; T >= 1) and returns what `options`
// asks for. Bidirectional models too: then `inputs` is taken as the whole sequence. REQUIRES:
// numerics.precision is that of Real and fits the model; `state` fits the model. If `hook` (may be
// null) stopped it, the trace and `state` mean nothing.
template <class Real>
StackTrace<Real> RunSteps(const Model& model, const Numerics& numerics,
                          absl::Span<const Real> inputs, TraceOptions options,
                          StackState<Real>& state, StopHook* hook = nullptr);

// More numbers than any answer holds, and few enough to be counted in bytes and added up.
inline constexpr int64_t kMostTraceNumbers = int64_t{1} << 56;

// Numbers in the trace of `step_count` steps: what an answer will need room for. At most
// kMostTraceNumbers.
int64_t TraceNumberCount(const Model& model, const Numerics& numerics, TraceOptions options,
                         int64_t step_count);

}  // namespace cellar

#endif  // CELLAR_SERVER_ENGINE_STEP_RUNNER_H_
