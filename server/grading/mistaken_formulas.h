// How a step is worked out by somebody who makes mistakes: one choice for each place of the
// equations where one can go wrong. Left as it is, everything is right.
//
// What is wrong with numbers rather than with formulas (weights exchanged, a sign lost) is no
// choice here: the numbers are changed (mistake_changes.h).
//
// Thread safety: values.
#ifndef CELLAR_SERVER_GRADING_MISTAKEN_FORMULAS_H_
#define CELLAR_SERVER_GRADING_MISTAKEN_FORMULAS_H_

#include "server/cell/numerics.h"

namespace cellar {

// To integers. Only kTiesToZero is a rule of numerics.proto.
enum class RoundingRule {
  kNone,
  kTiesToZero,
  kTiesAway,
  kTiesToEven,
  kTiesUp,
  kUp,        // ceil
  kDown,      // floor
  kTruncate,  // what lies behind the point is cut off
};

// What stands where h_{t-1} should.
enum class HiddenSource { kPrevious, kInitial, kMemory };

// What stands where c_{t-1} should.
enum class MemorySource { kPrevious, kInitial, kHidden };

// c_t of an LSTM; f, i, g and the memory before it, c.
enum class MemoryFormula {
  kRight,             // f * c + i * g
  kForgotten,         // i * g
  kForgetLeftOut,     // c + i * g
  kInputLeftOut,      // f * c + g
  kForgetAdded,       // f + i * g
  kForgetSum,         // (f + c) + i * g
  kInputSum,          // f * c + (i + g)
  kProduct,           // (f * c) * (i * g)
  kForgetTwice,       // f * c + f * g
  kInputTwice,        // i * c + i * g
  kForgetCoupled,     // (1 - i) * c + i * g
  kInputCoupled,      // f * c + (1 - f) * g
  kForgetComplement,  // (1 - f) * c + i * g
};

// h_t of an LSTM; m is tanh(c_t).
enum class OutputFormula {
  kRight,      // o * m
  kLeftOut,    // m
  kSum,        // o + m
  kOldMemory,  // o * tanh(c_{t-1})
};

// The candidate of a GRU, before its activation; r, a = W x + b, and the recurrent product.
enum class ResetFormula {
  kRight,
  kBefore,        // a + U (r * h), b_gh outside the reset
  kAfter,         // a + r * (U h)
  kLeftOut,       // a + U h
  kOnInput,       // r * a + U h
  kOnEverything,  // r * (a + U h)
  kBiasOutside,   // (a + r * (U h)) + b_gh
};

// h_t of a GRU; z, g and the h before it.
enum class UpdateFormula {
  kRight,              // (1 - z) * g + z * h
  kComplement,         // z * g + (1 - z) * h
  kForgotten,          // (1 - z) * g
  kCandidateUnscaled,  // g + z * h
  kHiddenUnscaled,     // (1 - z) * g + h
  kBothScaled,         // z * g + z * h
  kSum,                // (1 - z) * g + (z + h)
};

// Which of an answer's values are put where others belong.
enum class ReportFormula { kRight, kHiddenAndMemoryExchanged, kUnrounded, kLate, kReversed };

struct StepFormulas {
  HiddenSource hidden_source = HiddenSource::kPrevious;
  MemorySource memory_source = MemorySource::kPrevious;
  MemoryFormula memory = MemoryFormula::kRight;
  OutputFormula output = OutputFormula::kRight;
  ResetFormula reset = ResetFormula::kRight;
  UpdateFormula update = UpdateFormula::kRight;
  ReportFormula report = ReportFormula::kRight;
  bool output_peephole_early = false;  // o sees c_{t-1}
  bool projection_left_out = false;    // h is the first P elements of what would be projected

  // Which rule sigmoid and tanh follow in gates and candidate, and tanh around c.
  ActivationRule sigmoid_rule = ActivationRule::kExact;
  ActivationRule tanh_rule = ActivationRule::kExact;
  ActivationRule memory_rule = ActivationRule::kExact;

  RoundingRule gate_rounding = RoundingRule::kNone;    // of gates and candidate
  RoundingRule memory_rounding = RoundingRule::kNone;  // of c
  RoundingRule rounding = RoundingRule::kNone;         // of h
  RoundingScope rounding_scope = RoundingScope::kReport;

  friend bool operator==(const StepFormulas&, const StepFormulas&) = default;
};

// The right formulas under these rules.
inline StepFormulas RightFormulas(const Numerics& numerics) {
  StepFormulas formulas;
  formulas.sigmoid_rule = numerics.activation_rule;
  formulas.tanh_rule = numerics.activation_rule;
  formulas.memory_rule = numerics.activation_rule;
  const bool rounded = numerics.rounding == Rounding::kNearestTiesToZero;
  formulas.rounding = rounded ? RoundingRule::kTiesToZero : RoundingRule::kNone;
  formulas.rounding_scope = numerics.rounding_scope;
  return formulas;
}

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MISTAKEN_FORMULAS_H_
