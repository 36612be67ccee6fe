// Room for everything that a step can show, and comparison by bits.
//
// Thread safety: values.
#ifndef CELLAR_TESTS_TESTING_SHOWN_STEP_H_
#define CELLAR_TESTS_TESTING_SHOWN_STEP_H_

#include <cstring>
#include <vector>

#include "absl/types/span.h"
#include "server/cell/cell_shape.h"
#include "server/cell/step.h"

namespace cellar {

// NaN equals NaN of the same bits; 0 differs from -0.
template <class Real>
bool EqualBits(const std::vector<Real>& a, const std::vector<Real>& b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0);
}

// What a cell does not have stays 0. REQUIRES: outlives what Trace() gave.
template <class Real>
struct ShownStep {
  explicit ShownStep(const CellShape& shape)
      : h(shape.output_size), unrounded_h(shape.output_size) {
    for (auto* values :
         {&c, &forget_gate, &input_gate, &output_gate, &update_gate, &reset_gate, &candidate}) {
      values->resize(shape.hidden_size);
    }
  }

  StepTrace<Real> Trace() {
    StepTrace<Real> trace;
    trace.h = absl::MakeSpan(h);
    trace.unrounded_h = absl::MakeSpan(unrounded_h);
    trace.c = absl::MakeSpan(c);
    trace.forget_gate = absl::MakeSpan(forget_gate);
    trace.input_gate = absl::MakeSpan(input_gate);
    trace.output_gate = absl::MakeSpan(output_gate);
    trace.update_gate = absl::MakeSpan(update_gate);
    trace.reset_gate = absl::MakeSpan(reset_gate);
    trace.candidate = absl::MakeSpan(candidate);
    return trace;
  }

  // All numbers in one row.
  std::vector<Real> Everything() const {
    std::vector<Real> everything;
    for (const auto* values : {&h, &unrounded_h, &c, &forget_gate, &input_gate, &output_gate,
                               &update_gate, &reset_gate, &candidate}) {
      everything.insert(everything.end(), values->begin(), values->end());
    }
    return everything;
  }

  std::vector<Real> h, unrounded_h;  // [P]
  std::vector<Real> c;               // [H], as all below
  std::vector<Real> forget_gate, input_gate, output_gate, update_gate, reset_gate, candidate;
};

}  // namespace cellar

#endif  // CELLAR_TESTS_TESTING_SHOWN_STEP_H_
