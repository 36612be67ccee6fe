// What step.cc hands to a kernel: plain pointers and sizes, and no function, so that a kernel
// compiled for another instruction set shares no code with the rest (see activations.h).
//
// Letters as in model.proto. Ownership: everything belongs to the caller and outlives the call.
#ifndef CELLAR_SERVER_CELL_STEP_ARGUMENTS_H_
#define CELLAR_SERVER_CELL_STEP_ARGUMENTS_H_

#include <cstdint>

#include "server/cell/cell_kind.h"
#include "server/cell/numerics.h"

namespace cellar {

template <class Real>
struct GateArguments {
  const Real* input_weights;      // W, [H, I]
  const Real* recurrent_weights;  // U, [H, P]
  const Real* bias;               // b, [H]
  Activation activation;
};

// What every cell has. No two of the buffers overlap.
template <class Real>
struct StepArguments {
  int64_t input_size;   // I
  int64_t hidden_size;  // H
  int64_t output_size;  // P
  ActivationRule activation_rule;
  const Real* x;  // [I]
  const Real* h;  // [P], before the step
  Real* c;        // [H], of an LSTM: replaced by the step
  Real* gates;    // [4, H]: afterwards the gates in canonical order; more is scratch
  Real* hidden;   // [H]: scratch
  Real* new_h;    // [P]: afterwards h, not rounded
};

template <class Real>
struct LstmArguments {
  StepArguments<Real> step;
  GateArguments<Real> forget_gate;
  GateArguments<Real> input_gate;
  GateArguments<Real> output_gate;
  GateArguments<Real> candidate;
  const Real* forget_peephole;  // p_f, [H]; all three null without peepholes
  const Real* input_peephole;   // p_i, [H]
  const Real* output_peephole;  // p_o, [H]
  const Real* projection;       // W_hr, [P, H]; null without projection
  Activation memory_activation;
};

template <class Real>
struct GruArguments {
  StepArguments<Real> step;
  GateArguments<Real> update_gate;
  GateArguments<Real> reset_gate;
  GateArguments<Real> candidate;
  const Real* candidate_recurrent_bias;  // b_gh, [H]; null for reset before
};

template <class Real>
struct RnnArguments {
  StepArguments<Real> step;
  GateArguments<Real> hidden;
};

// One step of each kind of cell, compiled for one instruction set.
template <class Real>
struct StepKernels {
  void (*lstm)(const LstmArguments<Real>&);
  void (*gru_reset_before)(const GruArguments<Real>&);
  void (*gru_reset_after)(const GruArguments<Real>&);
  void (*rnn)(const RnnArguments<Real>&);
};

// For any processor; multiplies and adds by the library's fma.
template <class Real>
const StepKernels<Real>& PortableKernels();

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_STEP_ARGUMENTS_H_
