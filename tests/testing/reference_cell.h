// An independent reference of one step: long double, plain loops, written from the equations in
// model.proto. It shares no code with server/cell and includes none of it.
//
// Every number comes with a bound: how far an implementation may be off that computes in a format
// of the given epsilon, one rounding an operation, activations within 2 ulp. So the tolerance
// follows from the size and the values of the very cell, and does not hide what a guess would.
//
// Thread safety: pure functions of values.
#ifndef CELLAR_TESTS_TESTING_REFERENCE_CELL_H_
#define CELLAR_TESTS_TESTING_REFERENCE_CELL_H_

#include <cstddef>
#include <vector>

namespace cellar {

enum class ReferenceKind { kLstm, kGruResetBefore, kGruResetAfter, kRnn };
enum class ReferenceActivation { kSigmoid, kTanh, kRelu, kHardSigmoid, kIdentity };

struct ReferenceGate {
  std::vector<double> input_weights;      // [H, I]
  std::vector<double> recurrent_weights;  // [H, P]
  std::vector<double> bias;               // [H]
  ReferenceActivation activation = ReferenceActivation::kSigmoid;
};

struct ReferenceCell {
  ReferenceKind kind = ReferenceKind::kLstm;
  size_t hidden_size = 0;            // H; I and P follow from x and the old h
  std::vector<ReferenceGate> gates;  // LSTM f, i, o, g; GRU z, r, g; RNN the only one

  // LSTM; empty where the cell has none.
  std::vector<double> forget_peephole, input_peephole, output_peephole;  // [H]
  std::vector<double> projection;                                        // [P, H]
  ReferenceActivation memory_activation = ReferenceActivation::kTanh;

  std::vector<double> candidate_recurrent_bias;  // [H], GRU reset after
};

struct ReferenceRules {
  bool saturating = false;
  bool rounding = false;
  bool feedback = false;    // of the rounded h
  long double epsilon = 0;  // of the format under test: 2^-23, 2^-52
  long double least = 0;    // its least denormal
};

struct BoundedNumber {
  long double value = 0;
  long double error = 0;  // >= 0
};

using BoundedVector = std::vector<BoundedNumber>;

struct ReferenceStep {
  std::vector<BoundedVector> gates;  // in the order of the cell's gates; of an RNN none
  BoundedVector c;                   // of an LSTM
  BoundedVector unrounded_h;
  BoundedVector reported_h;
  BoundedVector state_h;
};

struct ReferenceState {
  std::vector<double> h;
  std::vector<double> c;
};

// One step from `state` with input `x`, both taken as exact.
ReferenceStep StepReference(const ReferenceCell& cell, const ReferenceRules& rules,
                            const std::vector<double>& x, const ReferenceState& state);

// Whether `value` is within the bound, with a NaN only where the reference has one.
bool Agrees(double value, const BoundedNumber& reference);

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_REFERENCE_CELL_H_
