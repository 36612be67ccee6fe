#include "tests/testing/reference_cell.h"

#include <cmath>

namespace cellar {
namespace {

// Arithmetic on bounded numbers: the value is the true one, the error grows by what comes in and by
// one rounding.
class Arithmetic {
 public:
  explicit Arithmetic(const ReferenceRules& rules) : rules_(rules) {}

  static BoundedNumber Exact(double value) { return {value, 0}; }

  BoundedNumber Sum(const BoundedNumber& a, const BoundedNumber& b) const {
    return Rounded(a.value + b.value, a.error + b.error);
  }

  BoundedNumber Product(const BoundedNumber& a, const BoundedNumber& b) const {
    return Rounded(a.value * b.value, ProductError(a, b));
  }

  // a * b + c, rounded once.
  BoundedNumber Fused(const BoundedNumber& a, const BoundedNumber& b,
                      const BoundedNumber& c) const {
    return Rounded(a.value * b.value + c.value, ProductError(a, b) + c.error);
  }

  BoundedNumber Activate(ReferenceActivation activation, const BoundedNumber& z) const {
    switch (activation) {
      case ReferenceActivation::kSigmoid:
        return Saturate({1 / (1 + std::exp(-z.value)), z.error / 4}, z, 0);
      case ReferenceActivation::kTanh:
        return Saturate({std::tanh(z.value), z.error}, z, -1);
      case ReferenceActivation::kRelu:
        return {z.value < 0 ? 0 : z.value, z.error};
      case ReferenceActivation::kHardSigmoid: {
        const BoundedNumber line = Sum(Product(Rounded(0.2L, 0), z), Exact(0.5));
        return {line.value < 0 ? 0 : (line.value > 1 ? 1 : line.value), line.error};
      }
      case ReferenceActivation::kIdentity:
        break;
    }
    return z;
  }

  // To the nearest integer, ties towards zero; off by what the number may round to instead.
  static BoundedNumber Round(const BoundedNumber& h) {
    const long double rounded = NearestInteger(h.value);
    return {rounded, std::fmax(std::fabs(NearestInteger(h.value + h.error) - rounded),
                               std::fabs(NearestInteger(h.value - h.error) - rounded))};
  }

 private:
  static long double NearestInteger(long double value) {
    const long double magnitude = std::fabs(value);
    const long double whole = std::floor(magnitude);
    const long double rounded = magnitude - whole > 0.5L ? whole + 1 : whole;
    return value < 0 ? 0 - rounded : rounded;
  }

  BoundedNumber Rounded(long double value, long double error) const {
    const long double half_ulp = std::fabs(value) * rules_.epsilon / 2 + rules_.least / 2;
    return {value, error * (1 + rules_.epsilon) + half_ulp};
  }

  static long double ProductError(const BoundedNumber& a, const BoundedNumber& b) {
    return std::fabs(a.value) * b.error + std::fabs(b.value) * a.error + a.error * b.error;
  }

  // Adds the 2 ulp of an activation, and applies the saturating rule to one whose limits are `low`
  // and 1; near its jumps either side will do.
  BoundedNumber Saturate(BoundedNumber exact, const BoundedNumber& z, long double low) const {
    exact.error += 2 * (std::fabs(exact.value) * rules_.epsilon + rules_.least);
    if (!rules_.saturating) return exact;
    const long double jump = 0.3L;  // 1 - sigmoid(1) and 1 - tanh(1) are less
    const bool near_jump = std::fabs(std::fabs(z.value) - 1) <= z.error && z.error > 0;
    if (near_jump) return {exact.value, exact.error + jump};
    if (z.value >= 1) return {1, 0};
    if (z.value <= -1) return {low, 0};
    return exact;
  }

  const ReferenceRules& rules_;
};

// Everything of one step that does not change during it.
struct Scene {
  const ReferenceCell& cell;
  Arithmetic arithmetic;
  BoundedVector x;
  BoundedVector h;
  BoundedVector c;

  // start + row `row` of the matrix times v.
  BoundedNumber RowTimes(const std::vector<double>& matrix, size_t row, const BoundedVector& v,
                         double start) const {
    BoundedNumber sum = Arithmetic::Exact(start);
    for (size_t k = 0; k < v.size(); ++k) {
      sum = arithmetic.Fused(Arithmetic::Exact(matrix[row * v.size() + k]), v[k], sum);
    }
    return sum;
  }

  // W x + b + U v for one row.
  BoundedNumber PreActivation(size_t gate_index, size_t row, const BoundedVector& v) const {
    const ReferenceGate& gate = cell.gates[gate_index];
    return arithmetic.Sum(RowTimes(gate.input_weights, row, x, gate.bias[row]),
                          RowTimes(gate.recurrent_weights, row, v, 0));
  }

  BoundedVector Gate(size_t gate_index, const BoundedVector& v) const {
    BoundedVector gate;
    for (size_t j = 0; j < cell.hidden_size; ++j) {
      gate.push_back(
          arithmetic.Activate(cell.gates[gate_index].activation, PreActivation(gate_index, j, v)));
    }
    return gate;
  }

  BoundedVector PeepholeGate(size_t gate_index, const std::vector<double>& peephole,
                             const BoundedVector& memory) const {
    if (peephole.empty()) return Gate(gate_index, h);
    BoundedVector gate;
    for (size_t j = 0; j < cell.hidden_size; ++j) {
      const BoundedNumber seen = arithmetic.Product(Arithmetic::Exact(peephole[j]), memory[j]);
      gate.push_back(arithmetic.Activate(cell.gates[gate_index].activation,
                                         arithmetic.Sum(PreActivation(gate_index, j, h), seen)));
    }
    return gate;
  }
};

BoundedVector ExactVector(const std::vector<double>& values) {
  BoundedVector result;
  for (double value : values) result.push_back(Arithmetic::Exact(value));
  return result;
}

void StepLstm(const Scene& scene, ReferenceStep& result) {
  const ReferenceCell& cell = scene.cell;
  const Arithmetic& arithmetic = scene.arithmetic;
  const BoundedVector f = scene.PeepholeGate(0, cell.forget_peephole, scene.c);
  const BoundedVector i = scene.PeepholeGate(1, cell.input_peephole, scene.c);
  const BoundedVector g = scene.Gate(3, scene.h);
  for (size_t j = 0; j < cell.hidden_size; ++j) {
    result.c.push_back(
        arithmetic.Sum(arithmetic.Product(f[j], scene.c[j]), arithmetic.Product(i[j], g[j])));
  }
  const BoundedVector o = scene.PeepholeGate(2, cell.output_peephole, result.c);
  BoundedVector shown;
  for (size_t j = 0; j < cell.hidden_size; ++j) {
    shown.push_back(
        arithmetic.Product(o[j], arithmetic.Activate(cell.memory_activation, result.c[j])));
  }
  result.gates = {f, i, o, g};
  if (cell.projection.empty()) {
    result.unrounded_h = shown;
    return;
  }
  for (size_t j = 0; j < scene.h.size(); ++j) {
    result.unrounded_h.push_back(scene.RowTimes(cell.projection, j, shown, 0));
  }
}

void StepGru(const Scene& scene, ReferenceStep& result) {
  const ReferenceCell& cell = scene.cell;
  const Arithmetic& arithmetic = scene.arithmetic;
  const BoundedVector z = scene.Gate(0, scene.h);
  const BoundedVector r = scene.Gate(1, scene.h);
  BoundedVector g;
  if (cell.kind == ReferenceKind::kGruResetBefore) {
    BoundedVector reset_h;
    for (size_t j = 0; j < cell.hidden_size; ++j) {
      reset_h.push_back(arithmetic.Product(r[j], scene.h[j]));
    }
    g = scene.Gate(2, reset_h);
  } else {
    const ReferenceGate& gate = cell.gates[2];
    for (size_t j = 0; j < cell.hidden_size; ++j) {
      const BoundedNumber inside =
          scene.RowTimes(gate.recurrent_weights, j, scene.h, cell.candidate_recurrent_bias[j]);
      const BoundedNumber outside = scene.RowTimes(gate.input_weights, j, scene.x, gate.bias[j]);
      g.push_back(arithmetic.Activate(gate.activation,
                                      arithmetic.Sum(outside, arithmetic.Product(r[j], inside))));
    }
  }
  for (size_t j = 0; j < cell.hidden_size; ++j) {
    const BoundedNumber rest = arithmetic.Sum(Arithmetic::Exact(1), {-z[j].value, z[j].error});
    result.unrounded_h.push_back(
        arithmetic.Sum(arithmetic.Product(rest, g[j]), arithmetic.Product(z[j], scene.h[j])));
  }
  result.gates = {z, r, g};
}

}  // namespace

ReferenceStep StepReference(const ReferenceCell& cell, const ReferenceRules& rules,
                            const std::vector<double>& x, const ReferenceState& state) {
  const Scene scene = {cell, Arithmetic(rules), ExactVector(x), ExactVector(state.h),
                       ExactVector(state.c)};
  ReferenceStep result;
  switch (cell.kind) {
    case ReferenceKind::kLstm:
      StepLstm(scene, result);
      break;
    case ReferenceKind::kGruResetBefore:
    case ReferenceKind::kGruResetAfter:
      StepGru(scene, result);
      break;
    case ReferenceKind::kRnn:
      result.unrounded_h = scene.Gate(0, scene.h);
      break;
  }
  result.reported_h = result.unrounded_h;
  if (rules.rounding) {
    for (BoundedNumber& h : result.reported_h) h = Arithmetic::Round(h);
  }
  result.state_h = rules.feedback ? result.reported_h : result.unrounded_h;
  return result;
}

bool Agrees(double value, const BoundedNumber& reference) {
  if (std::isnan(reference.value)) return std::isnan(value);
  return std::fabs(value - reference.value) <= reference.error;
}

}  // namespace cellar
