// The four cells as their equations, operation by operation: what every faster path must equal bit
// for bit. Letters and equations are those of model.proto. Multiply first, then pointwise.
//
// No operation may be merged or reordered: compiled as everything is, without contraction
// (activations.h).
#include "server/cell/step.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "server/cell/activations.h"

namespace cellar {
namespace {

namespace kernels = CELLAR_KERNEL_NAMESPACE;

// ---- Multiply ----

// Rows multiplied side by side, so that a chain need not wait for each of its operations.
constexpr int kRowsAtOnce = 8;

// Continues kRows chains: sums[r] = sums[r] + sum_k matrix[r, k] v[k], k ascending.
template <int kRows, class Real>
void ContinueChains(const Real* matrix, int64_t columns, const Real* v, Real* sums) {
  Real chains[kRows];
  for (int r = 0; r < kRows; ++r) chains[r] = sums[r];
  for (int64_t k = 0; k < columns; ++k) {
    for (int r = 0; r < kRows; ++r) {
      chains[r] = kernels::Fma(matrix[r * columns + k], v[k], chains[r]);
    }
  }
  for (int r = 0; r < kRows; ++r) sums[r] = chains[r];
}

// out[i] = start[i] + sum_k matrix[i, k] v[k]: one chain that begins with start[i], or with +0 if
// start is empty. REQUIRES: out overlaps nothing else.
template <class Real>
void Multiply(const std::vector<Real>& matrix, const std::vector<Real>& start, const Real* v,
              absl::Span<Real> out) {
  const int64_t rows = static_cast<int64_t>(out.size());
  const int64_t columns = static_cast<int64_t>(matrix.size()) / rows;
  std::fill(out.begin(), out.end(), Real{0});
  if (!start.empty()) std::copy(start.begin(), start.end(), out.begin());
  int64_t i = 0;
  for (; i + kRowsAtOnce <= rows; i += kRowsAtOnce) {
    ContinueChains<kRowsAtOnce>(matrix.data() + i * columns, columns, v, out.data() + i);
  }
  for (; i < rows; ++i) ContinueChains<1>(matrix.data() + i * columns, columns, v, out.data() + i);
}

// ---- Pointwise ----

// A plain loop over a pure function: compilers turn it into vectors.
template <class Real, class Function>
void Map(Function function, absl::Span<Real> values) {
  for (Real& value : values) value = function(value);
}

template <class Real>
void Activate(Activation activation, ActivationRule rule, absl::Span<Real> values) {
  const bool saturating = rule == ActivationRule::kSaturating;
  switch (activation) {
    case Activation::kSigmoid:
      return saturating ? Map([](Real z) { return kernels::SaturatingSigmoid(z); }, values)
                        : Map([](Real z) { return kernels::Sigmoid(z); }, values);
    case Activation::kTanh:
      return saturating ? Map([](Real z) { return kernels::SaturatingTanh(z); }, values)
                        : Map([](Real z) { return kernels::Tanh(z); }, values);
    case Activation::kRelu:
      return Map([](Real z) { return kernels::Relu(z); }, values);
    case Activation::kHardSigmoid:
      return Map([](Real z) { return kernels::HardSigmoid(z); }, values);
    case Activation::kIdentity:
      return Map([](Real z) { return kernels::Identity(z); }, values);
  }
}

// z = z + p * c.
template <class Real>
void AddPeephole(const std::vector<Real>& p, const std::vector<Real>& c, absl::Span<Real> z) {
  for (size_t k = 0; k < p.size(); ++k) z[k] = z[k] + p[k] * c[k];
}

// ---- Cells ----

// One step up to the new h, which goes, not rounded, into workspace.h; one overload for each
// alternative of CellWeights. state.h is only read, state.c replaced.
template <class Real>
class CellStep {
 public:
  // The workspace fits.
  CellStep(const CellShape& shape, ActivationRule rule, const Real* x, CellState<Real>& state,
           StepWorkspace<Real>& workspace)
      : rule_(rule),
        x_(x),
        h_(state.h),
        c_(state.c),
        gates_(workspace.gates.data()),
        hidden_(workspace.hidden.data(), shape.hidden_size),
        new_h_(workspace.h.data(), shape.output_size) {}

  void operator()(const LstmWeights<Real>& cell) const {
    const absl::Span<Real> f = Gate(0), i = Gate(1), o = Gate(2), g = Gate(3);
    PreActivate(cell.forget_gate, h_.data(), f);
    PreActivate(cell.input_gate, h_.data(), i);
    PreActivate(cell.output_gate, h_.data(), o);
    PreActivate(cell.candidate, h_.data(), g);

    AddPeephole(cell.forget_peephole, c_, f);
    AddPeephole(cell.input_peephole, c_, i);
    Activate(cell.forget_gate.activation, rule_, f);
    Activate(cell.input_gate.activation, rule_, i);
    Activate(cell.candidate.activation, rule_, g);
    for (size_t k = 0; k < c_.size(); ++k) {
      c_[k] = kernels::CanonicalNan(f[k] * c_[k] + i[k] * g[k]);
    }
    AddPeephole(cell.output_peephole, c_, o);  // sees the new c
    Activate(cell.output_gate.activation, rule_, o);

    const bool projected = !cell.projection.empty();
    const absl::Span<Real> hidden = projected ? hidden_ : new_h_;
    std::copy(c_.begin(), c_.end(), hidden.begin());
    Activate(cell.memory_activation, rule_, hidden);
    for (size_t k = 0; k < hidden.size(); ++k) hidden[k] = kernels::CanonicalNan(o[k] * hidden[k]);
    if (projected) {
      Multiply(cell.projection, {}, hidden.data(), new_h_);
      Map([](Real h) { return kernels::CanonicalNan(h); }, new_h_);
    }
  }

  void operator()(const GruResetBeforeWeights<Real>& cell) const {
    const absl::Span<Real> z = Gate(0), r = Gate(1), g = Gate(2);
    const absl::Span<Real> reset_h = Gate(3);  // r * h
    PreActivate(cell.update_gate, h_.data(), z);
    PreActivate(cell.reset_gate, h_.data(), r);
    Activate(cell.update_gate.activation, rule_, z);
    Activate(cell.reset_gate.activation, rule_, r);

    for (size_t k = 0; k < reset_h.size(); ++k) reset_h[k] = r[k] * h_[k];
    PreActivate(cell.candidate, reset_h.data(), g);
    Activate(cell.candidate.activation, rule_, g);
    Mix(z, g);
  }

  void operator()(const GruResetAfterWeights<Real>& cell) const {
    const absl::Span<Real> z = Gate(0), r = Gate(1), g = Gate(2);
    const absl::Span<Real> recurrent = Gate(3);  // W_gh h_{t-1} + b_gh
    PreActivate(cell.update_gate, h_.data(), z);
    PreActivate(cell.reset_gate, h_.data(), r);
    Activate(cell.update_gate.activation, rule_, z);
    Activate(cell.reset_gate.activation, rule_, r);

    Multiply(cell.candidate.input, cell.candidate.bias, x_, g);
    Multiply(cell.candidate.recurrent, cell.candidate_recurrent_bias, h_.data(), recurrent);
    for (size_t k = 0; k < g.size(); ++k) g[k] = g[k] + r[k] * recurrent[k];
    Activate(cell.candidate.activation, rule_, g);
    Mix(z, g);
  }

  void operator()(const RnnWeights<Real>& cell) const {
    PreActivate(cell.hidden, h_.data(), new_h_);
    Activate(cell.hidden.activation, rule_, new_h_);
  }

 private:
  // Row `index` of workspace.gates.
  absl::Span<Real> Gate(size_t index) const {
    return {gates_ + index * hidden_.size(), hidden_.size()};
  }

  // z = (b + sum_k W[k] x[k]) + (sum_k U[k] h[k]). Overwrites hidden_.
  void PreActivate(const GateWeights<Real>& gate, const Real* h, absl::Span<Real> z) const {
    Multiply(gate.input, gate.bias, x_, z);
    Multiply(gate.recurrent, {}, h, hidden_);
    for (size_t k = 0; k < z.size(); ++k) z[k] = z[k] + hidden_[k];
  }

  // h = (1 - z) * g + z * h_{t-1}.
  void Mix(absl::Span<const Real> z, absl::Span<const Real> g) const {
    for (size_t k = 0; k < new_h_.size(); ++k) {
      new_h_[k] = kernels::CanonicalNan((1 - z[k]) * g[k] + z[k] * h_[k]);
    }
  }

  const ActivationRule rule_;
  const Real* const x_;            // [I]
  const std::vector<Real>& h_;     // [P], before the step
  std::vector<Real>& c_;           // [H] of an LSTM, else empty
  Real* const gates_;              // [4, H]: afterwards the gates in canonical order
  const absl::Span<Real> hidden_;  // [H]: scratch
  const absl::Span<Real> new_h_;   // [P]
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

// ---- After the equations: rounding, the new state, the trace ----

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
  std::visit(CellStep<Real>(shape, numerics.activation_rule, x.data(), state, workspace), weights);
  Show(numerics, absl::MakeSpan(workspace.h.data(), shape.output_size), state.h, trace);
  ShowGates(shape, state, workspace, trace);
}

template void StepCell(const CellWeights<float>&, const Numerics&, absl::Span<const float>,
                       CellState<float>&, StepWorkspace<float>&, const StepTrace<float>&);
template void StepCell(const CellWeights<double>&, const Numerics&, absl::Span<const double>,
                       CellState<double>&, StepWorkspace<double>&, const StepTrace<double>&);

}  // namespace cellar
