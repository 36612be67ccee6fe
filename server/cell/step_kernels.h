// The definition of a step: what every faster path must equal bit for bit. The equations stand in
// model.proto with the same letters. Multiply first, then pointwise.
//
// The kernels that run are row_kernels.cc; see activations.h about the namespace. No operation may
// be merged or reordered.
//
// Thread safety: pure functions of the arguments. They neither allocate nor fail.
#ifndef CELLAR_SERVER_CELL_STEP_KERNELS_H_
#define CELLAR_SERVER_CELL_STEP_KERNELS_H_

#include <cstdint>

#include "server/cell/activations.h"
#include "server/cell/step_arguments.h"

namespace cellar::CELLAR_KERNEL_NAMESPACE {

// ---- Multiply ----

// Rows multiplied side by side. A chain waits 4 cycles for each of its operations and processors
// start 2 in a cycle: 8 chains keep one busy.
constexpr int kRowsAtOnce = 8;

// Continues kRows chains: sums[r] = sums[r] + sum_k matrix[r, k] v[k], k ascending.
template <int kRows, class Real>
inline void ContinueChains(const Real* matrix, int64_t columns, const Real* v, Real* sums) {
  Real chains[kRows];
  for (int r = 0; r < kRows; ++r) chains[r] = sums[r];
  for (int64_t k = 0; k < columns; ++k) {
    for (int r = 0; r < kRows; ++r) chains[r] = Fma(matrix[r * columns + k], v[k], chains[r]);
  }
  for (int r = 0; r < kRows; ++r) sums[r] = chains[r];
}

struct MatrixSize {
  int64_t rows;
  int64_t columns;
};

// out[i] = start[i] + sum_k matrix[i, k] v[k]: one chain that begins with start[i], or with +0 if
// start is null. REQUIRES: out overlaps nothing else.
template <class Real>
inline void Multiply(const Real* matrix, const Real* start, MatrixSize size, const Real* v,
                     Real* out) {
  for (int64_t i = 0; i < size.rows; ++i) out[i] = start != nullptr ? start[i] : Real{0};
  int64_t i = 0;
  for (; i + kRowsAtOnce <= size.rows; i += kRowsAtOnce) {
    ContinueChains<kRowsAtOnce>(matrix + i * size.columns, size.columns, v, out + i);
  }
  for (; i < size.rows; ++i) {
    ContinueChains<1>(matrix + i * size.columns, size.columns, v, out + i);
  }
}

// z = (b + sum_k W[k] x[k]) + (sum_k U[k] h[k]). Overwrites step.hidden. `h` may be another vector
// than step.h.
template <class Real>
inline void PreActivate(const StepArguments<Real>& step, const GateArguments<Real>& gate,
                        const Real* h, Real* z) {
  const int64_t rows = step.hidden_size;
  Multiply(gate.input_weights, gate.bias, {rows, step.input_size}, step.x, z);
  Multiply<Real>(gate.recurrent_weights, nullptr, {rows, step.output_size}, h, step.hidden);
  for (int64_t i = 0; i < rows; ++i) z[i] = z[i] + step.hidden[i];
}

// ---- Pointwise ----

// A plain loop over a pure function: compilers turn it into vectors.
template <class Real, class Function>
inline void Map(Function function, int64_t size, Real* values) {
  for (int64_t i = 0; i < size; ++i) values[i] = function(values[i]);
}

// values = activation(values), all H of them.
template <class Real>
inline void Activate(const StepArguments<Real>& step, Activation activation, Real* values) {
  const int64_t size = step.hidden_size;
  const bool saturating = step.activation_rule == ActivationRule::kSaturating;
  switch (activation) {
    case Activation::kSigmoid:
      return saturating ? Map([](Real z) { return SaturatingSigmoid(z); }, size, values)
                        : Map([](Real z) { return Sigmoid(z); }, size, values);
    case Activation::kTanh:
      return saturating ? Map([](Real z) { return SaturatingTanh(z); }, size, values)
                        : Map([](Real z) { return Tanh(z); }, size, values);
    case Activation::kRelu:
      return Map([](Real z) { return Relu(z); }, size, values);
    case Activation::kHardSigmoid:
      return Map([](Real z) { return HardSigmoid(z); }, size, values);
    case Activation::kIdentity:
      return Map([](Real z) { return Identity(z); }, size, values);
  }
}

// z = z + p * c.
template <class Real>
inline void AddPeephole(const StepArguments<Real>& step, const Real* peephole, Real* z) {
  for (int64_t i = 0; i < step.hidden_size; ++i) z[i] = z[i] + peephole[i] * step.c[i];
}

// h = (1 - z) * g + z * h_{t-1}, into new_h.
template <class Real>
inline void MixGru(const StepArguments<Real>& step, const Real* z, const Real* g) {
  for (int64_t i = 0; i < step.hidden_size; ++i) {
    step.new_h[i] = CanonicalNan((1 - z[i]) * g[i] + z[i] * step.h[i]);
  }
}

// ---- Cells ----

template <class Real>
void StepLstm(const LstmArguments<Real>& lstm) {
  const StepArguments<Real>& step = lstm.step;
  const int64_t size = step.hidden_size;
  Real* const f = step.gates;
  Real* const i = f + size;
  Real* const o = i + size;
  Real* const g = o + size;
  PreActivate(step, lstm.forget_gate, step.h, f);
  PreActivate(step, lstm.input_gate, step.h, i);
  PreActivate(step, lstm.output_gate, step.h, o);
  PreActivate(step, lstm.candidate, step.h, g);

  const bool has_peepholes = lstm.forget_peephole != nullptr;
  if (has_peepholes) AddPeephole(step, lstm.forget_peephole, f);
  if (has_peepholes) AddPeephole(step, lstm.input_peephole, i);
  Activate(step, lstm.forget_gate.activation, f);
  Activate(step, lstm.input_gate.activation, i);
  Activate(step, lstm.candidate.activation, g);
  for (int64_t k = 0; k < size; ++k) step.c[k] = CanonicalNan(f[k] * step.c[k] + i[k] * g[k]);
  if (has_peepholes) AddPeephole(step, lstm.output_peephole, o);  // sees the new c
  Activate(step, lstm.output_gate.activation, o);

  Real* const hidden = lstm.projection != nullptr ? step.hidden : step.new_h;
  for (int64_t k = 0; k < size; ++k) hidden[k] = step.c[k];
  Activate(step, lstm.memory_activation, hidden);
  for (int64_t k = 0; k < size; ++k) hidden[k] = CanonicalNan(o[k] * hidden[k]);
  if (lstm.projection != nullptr) {
    Multiply<Real>(lstm.projection, nullptr, {step.output_size, size}, hidden, step.new_h);
    Map([](Real h) { return CanonicalNan(h); }, step.output_size, step.new_h);
  }
}

template <class Real>
void StepGruResetBefore(const GruArguments<Real>& gru) {
  const StepArguments<Real>& step = gru.step;
  const int64_t size = step.hidden_size;
  Real* const z = step.gates;
  Real* const r = z + size;
  Real* const g = r + size;
  Real* const reset_h = g + size;  // r * h
  PreActivate(step, gru.update_gate, step.h, z);
  PreActivate(step, gru.reset_gate, step.h, r);
  Activate(step, gru.update_gate.activation, z);
  Activate(step, gru.reset_gate.activation, r);

  for (int64_t i = 0; i < size; ++i) reset_h[i] = r[i] * step.h[i];
  PreActivate(step, gru.candidate, reset_h, g);
  Activate(step, gru.candidate.activation, g);
  MixGru(step, z, g);
}

template <class Real>
void StepGruResetAfter(const GruArguments<Real>& gru) {
  const StepArguments<Real>& step = gru.step;
  const int64_t size = step.hidden_size;
  Real* const z = step.gates;
  Real* const r = z + size;
  Real* const g = r + size;
  Real* const recurrent = g + size;  // W_gh h_{t-1} + b_gh
  PreActivate(step, gru.update_gate, step.h, z);
  PreActivate(step, gru.reset_gate, step.h, r);
  Activate(step, gru.update_gate.activation, z);
  Activate(step, gru.reset_gate.activation, r);

  Multiply(gru.candidate.input_weights, gru.candidate.bias, {size, step.input_size}, step.x, g);
  Multiply(gru.candidate.recurrent_weights, gru.candidate_recurrent_bias, {size, size}, step.h,
           recurrent);
  for (int64_t i = 0; i < size; ++i) g[i] = g[i] + r[i] * recurrent[i];
  Activate(step, gru.candidate.activation, g);
  MixGru(step, z, g);
}

template <class Real>
void StepRnn(const RnnArguments<Real>& rnn) {
  PreActivate(rnn.step, rnn.hidden, rnn.step.h, rnn.step.new_h);
  Activate(rnn.step, rnn.hidden.activation, rnn.step.new_h);
}

template <class Real>
constexpr StepKernels<Real> kKernels = {StepLstm<Real>, StepGruResetBefore<Real>,
                                        StepGruResetAfter<Real>, StepRnn<Real>};

}  // namespace cellar::CELLAR_KERNEL_NAMESPACE

#endif  // CELLAR_SERVER_CELL_STEP_KERNELS_H_
