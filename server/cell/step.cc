#include "server/cell/step.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <variant>

#include "server/cell/activations.h"
#include "server/cell/step_arguments.h"

namespace cellar {
namespace {

// ---- From weights, state and workspace to the kernels' plain pointers ----

template <class Real>
const Real* PointerOrNull(const std::vector<Real>& values) {
  return values.empty() ? nullptr : values.data();
}

template <class Real>
GateArguments<Real> ArgumentsOf(const GateWeights<Real>& gate) {
  return {gate.input.data(), gate.recurrent.data(), gate.bias.data(), gate.activation};
}

template <class Real>
LstmArguments<Real> ArgumentsOf(const StepArguments<Real>& step, const LstmWeights<Real>& cell) {
  return {step,
          ArgumentsOf(cell.forget_gate),
          ArgumentsOf(cell.input_gate),
          ArgumentsOf(cell.output_gate),
          ArgumentsOf(cell.candidate),
          PointerOrNull(cell.forget_peephole),
          PointerOrNull(cell.input_peephole),
          PointerOrNull(cell.output_peephole),
          PointerOrNull(cell.projection),
          cell.memory_activation};
}

// Calls the kernel of the cell's kind: one overload for each alternative of CellWeights.
template <class Real>
struct Launch {
  const StepKernels<Real>& kernels;
  const StepArguments<Real>& step;

  void operator()(const LstmWeights<Real>& cell) const { kernels.lstm(ArgumentsOf(step, cell)); }
  void operator()(const GruResetBeforeWeights<Real>& cell) const {
    kernels.gru_reset_before({step, ArgumentsOf(cell.update_gate), ArgumentsOf(cell.reset_gate),
                              ArgumentsOf(cell.candidate), nullptr});
  }
  void operator()(const GruResetAfterWeights<Real>& cell) const {
    kernels.gru_reset_after({step, ArgumentsOf(cell.update_gate), ArgumentsOf(cell.reset_gate),
                             ArgumentsOf(cell.candidate), cell.candidate_recurrent_bias.data()});
  }
  void operator()(const RnnWeights<Real>& cell) const {
    kernels.rnn({step, ArgumentsOf(cell.hidden)});
  }
};

template <class Real>
void Fit(const CellShape& shape, StepWorkspace<Real>& workspace) {
  const auto enlarge = [](std::vector<Real>& values, int64_t size) {
    if (values.size() < static_cast<size_t>(size)) values.resize(size);
  };
  enlarge(workspace.gates, 4 * shape.hidden_size);
  enlarge(workspace.hidden, shape.hidden_size);
  enlarge(workspace.h, shape.output_size);
}

// ---- After the kernel: rounding, the new state, the trace ----

// Gives the new h to those who want it; `new_h` is not rounded.
template <class Real>
void Show(const Numerics& numerics, absl::Span<Real> new_h, std::vector<Real>& h,
          const StepTrace<Real>& trace) {
  if (!trace.unrounded_h.empty()) std::copy(new_h.begin(), new_h.end(), trace.unrounded_h.begin());
  const bool rounded = numerics.rounding == Rounding::kNearestTiesToZero;
  if (!rounded || numerics.rounding_scope == RoundingScope::kReport) {
    std::copy(new_h.begin(), new_h.end(), h.begin());
  }
  if (rounded) {
    for (Real& value : new_h) value = RoundTiesToZero(value);
  }
  if (rounded && numerics.rounding_scope == RoundingScope::kFeedback) {
    std::copy(new_h.begin(), new_h.end(), h.begin());
  }
  if (!trace.h.empty()) std::copy(new_h.begin(), new_h.end(), trace.h.begin());
}

// Copies row `gate_index` of the workspace's gates, if it is wanted.
template <class Real>
void ShowGate(const StepWorkspace<Real>& workspace, int64_t gate_index, absl::Span<Real> target) {
  if (target.empty()) return;
  const Real* gate = workspace.gates.data() + gate_index * target.size();
  std::copy(gate, gate + target.size(), target.begin());
}

template <class Real>
void ShowGates(const CellShape& shape, const CellState<Real>& state,
               const StepWorkspace<Real>& workspace, const StepTrace<Real>& trace) {
  switch (shape.kind) {
    case CellKind::kLstm:
      if (!trace.c.empty()) std::copy(state.c.begin(), state.c.end(), trace.c.begin());
      ShowGate(workspace, 0, trace.forget_gate);
      ShowGate(workspace, 1, trace.input_gate);
      ShowGate(workspace, 2, trace.output_gate);
      ShowGate(workspace, 3, trace.candidate);
      return;
    case CellKind::kGruResetBefore:
    case CellKind::kGruResetAfter:
      ShowGate(workspace, 0, trace.update_gate);
      ShowGate(workspace, 1, trace.reset_gate);
      ShowGate(workspace, 2, trace.candidate);
      return;
    case CellKind::kRnn:
      return;
  }
}

}  // namespace

template <class Real>
void StepCell(const CellWeights<Real>& weights, const Numerics& numerics, absl::Span<const Real> x,
              CellState<Real>& state, StepWorkspace<Real>& workspace,
              const StepTrace<Real>& trace) {
  const CellShape& shape = ShapeOf(weights);
  assert(x.size() == static_cast<size_t>(shape.input_size));
  assert(state.h.size() == static_cast<size_t>(shape.output_size));
  assert(state.c.size() == static_cast<size_t>(shape.memory_size()));
  Fit(shape, workspace);

  const StepArguments<Real> step = {shape.input_size,
                                    shape.hidden_size,
                                    shape.output_size,
                                    numerics.activation_rule,
                                    x.data(),
                                    state.h.data(),
                                    state.c.data(),
                                    workspace.gates.data(),
                                    workspace.hidden.data(),
                                    workspace.h.data()};
  std::visit(Launch<Real>{PortableKernels<Real>(), step}, weights);

  Show(numerics, absl::MakeSpan(workspace.h.data(), shape.output_size), state.h, trace);
  ShowGates(shape, state, workspace, trace);
}

template <class Real>
Real CanonicalNan(Real value) {
  return CELLAR_KERNEL_NAMESPACE::CanonicalNan(value);
}

template <class Real>
Real RoundTiesToZero(Real value) {
  return CELLAR_KERNEL_NAMESPACE::RoundTiesToZero(value);
}

template void StepCell(const CellWeights<float>&, const Numerics&, absl::Span<const float>,
                       CellState<float>&, StepWorkspace<float>&, const StepTrace<float>&);
template void StepCell(const CellWeights<double>&, const Numerics&, absl::Span<const double>,
                       CellState<double>&, StepWorkspace<double>&, const StepTrace<double>&);
template float CanonicalNan(float);
template double CanonicalNan(double);
template float RoundTiesToZero(float);
template double RoundTiesToZero(double);

}  // namespace cellar
