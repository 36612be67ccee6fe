#include "server/grading/mistaken_step.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <type_traits>
#include <variant>

#include "server/cell/activations.h"

namespace cellar {
namespace {

namespace kernels = CELLAR_KERNEL_NAMESPACE;

template <class Real>
using Numbers = std::vector<Real>;

// One step; the letters are those of model.proto.
template <class Real>
class Step {
 public:
  Step(const StepFormulas& formulas, absl::Span<const Real> x, CellState<Real>& state,
       MistakenWorkspace<Real>& workspace)
      : formulas_(formulas), x_(x), state_(state), w_(workspace) {}

  void operator()(const LstmWeights<Real>& cell) {
    Numbers<Real>& f = w_.gates[0];
    Numbers<Real>& i = w_.gates[1];
    Numbers<Real>& o = w_.gates[2];
    Numbers<Real>& g = w_.gates[3];
    PreActivate(cell.forget_gate, w_.before.h, f);
    PreActivate(cell.input_gate, w_.before.h, i);
    PreActivate(cell.output_gate, w_.before.h, o);
    PreActivate(cell.candidate, w_.before.h, g);
    AddPeephole(cell.forget_peephole, w_.before.c, f);
    AddPeephole(cell.input_peephole, w_.before.c, i);
    Finish(cell.forget_gate.activation, f);
    Finish(cell.input_gate.activation, i);
    Finish(cell.candidate.activation, g);
    for (size_t k = 0; k < f.size(); ++k) {
      state_.c[k] = RoundBy(formulas_.memory_rounding,
                            kernels::CanonicalNan(Memory(f[k], i[k], g[k], w_.before.c[k])));
    }
    AddPeephole(cell.output_peephole, formulas_.output_peephole_early ? w_.before.c : state_.c, o);
    Finish(cell.output_gate.activation, o);

    const bool old = formulas_.output == OutputFormula::kOldMemory;
    w_.hidden = old ? w_.before.c : state_.c;
    Activate(cell.memory_activation, formulas_.memory_rule, formulas_.memory_rule, w_.hidden);
    for (size_t k = 0; k < o.size(); ++k) {
      w_.hidden[k] = kernels::CanonicalNan(Output(o[k], w_.hidden[k]));
    }
    Project(cell);
  }

  void operator()(const GruResetBeforeWeights<Real>& cell) { Gru(cell, {}, ResetFormula::kBefore); }
  void operator()(const GruResetAfterWeights<Real>& cell) {
    Gru(cell, cell.candidate_recurrent_bias, ResetFormula::kAfter);
  }

  void operator()(const RnnWeights<Real>& cell) {
    PreActivate(cell.hidden, w_.before.h, w_.h);
    Activate(cell.hidden.activation, formulas_.sigmoid_rule, formulas_.tanh_rule, w_.h);
  }

 private:
  // out[i] = start[i] + sum_k matrix[i, k] v[k], one chain; an empty start is +0.
  static void Multiply(const Numbers<Real>& matrix, const Numbers<Real>& start, size_t rows,
                       absl::Span<const Real> v, Numbers<Real>& out) {
    out.resize(rows);
    const Real* weight = matrix.data();
    for (size_t i = 0; i < rows; ++i) {
      Real sum = start.empty() ? Real{0} : start[i];
      for (const Real value : v) sum = kernels::Fma(*weight++, value, sum);
      out[i] = sum;
    }
  }

  // z = (b + sum_k W[k] x[k]) + (sum_k U[k] h[k]).
  void PreActivate(const GateWeights<Real>& gate, const Numbers<Real>& h, Numbers<Real>& z) {
    const size_t rows = gate.bias.size();
    Multiply(gate.input, gate.bias, rows, x_, z);
    Multiply(gate.recurrent, {}, rows, h, w_.sums);
    for (size_t i = 0; i < rows; ++i) z[i] = z[i] + w_.sums[i];
  }

  static void AddPeephole(const Numbers<Real>& peephole, const Numbers<Real>& c, Numbers<Real>& z) {
    for (size_t i = 0; i < peephole.size(); ++i) z[i] = z[i] + peephole[i] * c[i];
  }

  static void Activate(Activation activation, ActivationRule sigmoid_rule, ActivationRule tanh_rule,
                       Numbers<Real>& values) {
    const bool saturating_sigmoid = sigmoid_rule == ActivationRule::kSaturating;
    const bool saturating_tanh = tanh_rule == ActivationRule::kSaturating;
    for (Real& value : values) {
      switch (activation) {
        case Activation::kSigmoid:
          value = saturating_sigmoid ? kernels::SaturatingSigmoid(value) : kernels::Sigmoid(value);
          break;
        case Activation::kTanh:
          value = saturating_tanh ? kernels::SaturatingTanh(value) : kernels::Tanh(value);
          break;
        case Activation::kRelu:
          value = kernels::Relu(value);
          break;
        case Activation::kHardSigmoid:
          value = kernels::HardSigmoid(value);
          break;
        case Activation::kIdentity:
          value = kernels::Identity(value);
          break;
      }
    }
  }

  // From a pre-activation to what the gate is.
  void Finish(Activation activation, Numbers<Real>& gate) const {
    Activate(activation, formulas_.sigmoid_rule, formulas_.tanh_rule, gate);
    for (Real& value : gate) value = RoundBy(formulas_.gate_rounding, value);
  }

  Real Memory(Real f, Real i, Real g, Real c) const {
    switch (formulas_.memory) {
      case MemoryFormula::kRight:
        break;
      case MemoryFormula::kForgotten:
        return i * g;
      case MemoryFormula::kForgetLeftOut:
        return c + i * g;
      case MemoryFormula::kInputLeftOut:
        return f * c + g;
      case MemoryFormula::kForgetAdded:
        return f + i * g;
      case MemoryFormula::kForgetSum:
        return (f + c) + i * g;
      case MemoryFormula::kInputSum:
        return f * c + (i + g);
      case MemoryFormula::kProduct:
        return (f * c) * (i * g);
      case MemoryFormula::kForgetTwice:
        return f * c + f * g;
      case MemoryFormula::kInputTwice:
        return i * c + i * g;
      case MemoryFormula::kForgetCoupled:
        return (1 - i) * c + i * g;
      case MemoryFormula::kInputCoupled:
        return f * c + (1 - f) * g;
      case MemoryFormula::kForgetComplement:
        return (1 - f) * c + i * g;
    }
    return f * c + i * g;
  }

  Real Output(Real o, Real m) const {
    if (formulas_.output == OutputFormula::kLeftOut) return m;
    return formulas_.output == OutputFormula::kSum ? o + m : o * m;
  }

  void Project(const LstmWeights<Real>& cell) {
    const size_t rows = cell.shape.output_size;
    if (cell.projection.empty() || formulas_.projection_left_out) {
      w_.h.assign(w_.hidden.begin(), w_.hidden.begin() + rows);
      return;
    }
    Multiply(cell.projection, {}, rows, w_.hidden, w_.h);
    for (Real& value : w_.h) value = kernels::CanonicalNan(value);
  }

  // `right` is how a cell of this kind places the reset gate.
  template <class Cell>
  void Gru(const Cell& cell, const Numbers<Real>& recurrent_bias, ResetFormula right) {
    Numbers<Real>& z = w_.gates[0];
    Numbers<Real>& r = w_.gates[1];
    Numbers<Real>& g = w_.gates[2];
    const Numbers<Real>& h = w_.before.h;
    PreActivate(cell.update_gate, h, z);
    PreActivate(cell.reset_gate, h, r);
    Finish(cell.update_gate.activation, z);
    Finish(cell.reset_gate.activation, r);

    const bool has_no_bias =
        formulas_.reset == ResetFormula::kBiasOutside && recurrent_bias.empty();
    const bool is_right = formulas_.reset == ResetFormula::kRight || has_no_bias;
    Candidate(cell.candidate, recurrent_bias, is_right ? right : formulas_.reset, g);
    Finish(cell.candidate.activation, g);
    w_.h.resize(h.size());
    for (size_t k = 0; k < h.size(); ++k) w_.h[k] = kernels::CanonicalNan(Mix(z[k], g[k], h[k]));
  }

  // The candidate before its activation.
  void Candidate(const GateWeights<Real>& gate, const Numbers<Real>& recurrent_bias,
                 ResetFormula formula, Numbers<Real>& g) {
    const Numbers<Real>& r = w_.gates[1];
    const Numbers<Real>& h = w_.before.h;
    const bool bias_outside = formula == ResetFormula::kBiasOutside;
    Numbers<Real>& reset_h = w_.reset_h;
    reset_h = h;
    for (size_t k = 0; formula == ResetFormula::kBefore && k < h.size(); ++k) {
      reset_h[k] = r[k] * h[k];
    }
    Multiply(gate.input, gate.bias, h.size(), x_, g);
    Multiply(gate.recurrent, bias_outside ? Numbers<Real>() : recurrent_bias, h.size(), reset_h,
             w_.sums);
    for (size_t k = 0; k < h.size(); ++k) {
      const Real u = w_.sums[k];
      switch (formula) {
        case ResetFormula::kRight:
        case ResetFormula::kBefore:
        case ResetFormula::kLeftOut:
          g[k] = g[k] + u;
          break;
        case ResetFormula::kAfter:
          g[k] = g[k] + r[k] * u;
          break;
        case ResetFormula::kOnInput:
          g[k] = r[k] * g[k] + u;
          break;
        case ResetFormula::kOnEverything:
          g[k] = r[k] * (g[k] + u);
          break;
        case ResetFormula::kBiasOutside:
          g[k] = (g[k] + r[k] * u) + recurrent_bias[k];
          break;
      }
    }
  }

  Real Mix(Real z, Real g, Real h) const {
    switch (formulas_.update) {
      case UpdateFormula::kRight:
        break;
      case UpdateFormula::kComplement:
        return z * g + (1 - z) * h;
      case UpdateFormula::kForgotten:
        return (1 - z) * g;
      case UpdateFormula::kCandidateUnscaled:
        return g + z * h;
      case UpdateFormula::kHiddenUnscaled:
        return (1 - z) * g + h;
      case UpdateFormula::kBothScaled:
        return z * g + z * h;
      case UpdateFormula::kSum:
        return (1 - z) * g + (z + h);
    }
    return (1 - z) * g + z * h;
  }

  const StepFormulas& formulas_;
  const absl::Span<const Real> x_;
  CellState<Real>& state_;
  MistakenWorkspace<Real>& w_;
};

// What stands where the state before the step should.
template <class Real>
void Choose(const StepFormulas& formulas, const CellState<Real>& initial,
            const CellState<Real>& state, CellState<Real>& before) {
  const bool has_memory = !state.c.empty();
  before = state;
  if (formulas.hidden_source == HiddenSource::kInitial) before.h = initial.h;
  if (formulas.hidden_source == HiddenSource::kMemory && has_memory) before.h = state.c;
  if (formulas.memory_source == MemorySource::kInitial) before.c = initial.c;
  if (formulas.memory_source == MemorySource::kHidden && has_memory) before.c = state.h;
  assert(before.h.size() == state.h.size() && before.c.size() == state.c.size());
}

template <class Real>
void Show(const Numbers<Real>& values, absl::Span<Real> target) {
  if (!target.empty()) std::copy(values.begin(), values.end(), target.begin());
}

template <class Real>
void ShowGates(CellKind kind, const MistakenWorkspace<Real>& workspace,
               const StepTrace<Real>& trace) {
  switch (kind) {
    case CellKind::kLstm:
      Show(workspace.gates[0], trace.forget_gate);
      Show(workspace.gates[1], trace.input_gate);
      Show(workspace.gates[2], trace.output_gate);
      return Show(workspace.gates[3], trace.candidate);
    case CellKind::kGruResetBefore:
    case CellKind::kGruResetAfter:
      Show(workspace.gates[0], trace.update_gate);
      Show(workspace.gates[1], trace.reset_gate);
      return Show(workspace.gates[2], trace.candidate);
    case CellKind::kRnn:
      return;
  }
}

}  // namespace

template <class Real>
Real RoundBy(RoundingRule rule, Real value) {
  switch (rule) {
    case RoundingRule::kNone:
      return value;
    case RoundingRule::kTiesToZero:
      return RoundTiesToZero(value);
    case RoundingRule::kTiesAway:
      return std::round(value) + Real{0};
    case RoundingRule::kTiesToEven:
      return std::nearbyint(value) + Real{0};
    case RoundingRule::kTiesUp:
      return std::floor(value + static_cast<Real>(0.5)) + Real{0};
    case RoundingRule::kUp:
      return std::ceil(value) + Real{0};
    case RoundingRule::kDown:
      return std::floor(value) + Real{0};
    case RoundingRule::kTruncate:
      return std::trunc(value) + Real{0};
  }
  return value;
}

template <class Real>
void StepMistaken(const MistakenStep<Real>& step, CellState<Real>& state,
                  MistakenWorkspace<Real>& workspace, const StepTrace<Real>& trace) {
  const StepFormulas& formulas = step.formulas;
  assert(step.x.size() == static_cast<size_t>(ShapeOf(step.weights).input_size));
  Choose(formulas, step.initial, state, workspace.before);
  std::visit(Step<Real>(formulas, step.x, state, workspace), step.weights);

  const bool rounded = formulas.rounding != RoundingRule::kNone;
  Show(workspace.h, trace.unrounded_h);
  state.h = workspace.h;
  if (rounded) {
    for (Real& value : workspace.h) value = RoundBy(formulas.rounding, value);
    if (formulas.rounding_scope == RoundingScope::kFeedback) state.h = workspace.h;
  }
  Show(workspace.h, trace.h);
  Show(state.c, trace.c);
  ShowGates(ShapeOf(step.weights).kind, workspace, trace);
}

template float RoundBy(RoundingRule, float);
template double RoundBy(RoundingRule, double);
template void StepMistaken(const MistakenStep<float>&, CellState<float>&, MistakenWorkspace<float>&,
                           const StepTrace<float>&);
template void StepMistaken(const MistakenStep<double>&, CellState<double>&,
                           MistakenWorkspace<double>&, const StepTrace<double>&);

}  // namespace cellar
