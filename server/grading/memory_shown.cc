#include "server/grading/memory_shown.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace cellar {
namespace {

double Activate(Activation activation, ActivationRule rule, double z) {
  const bool saturates = rule == ActivationRule::kSaturating && std::fabs(z) >= 1;
  switch (activation) {
    case Activation::kSigmoid:
      if (saturates) return z > 0 ? 1 : 0;
      return 1 / (1 + std::exp(-z));
    case Activation::kTanh:
      if (saturates) return z > 0 ? 1 : -1;
      return std::tanh(z);
    case Activation::kRelu:
      return std::max(0.0, z);
    case Activation::kHardSigmoid:
      return std::clamp(0.2 * z + 0.5, 0.0, 1.0);
    case Activation::kIdentity:
      return z;
  }
  return z;
}

}  // namespace

template <class Real>
void ShowMemory(const CellWeights<Real>& weights, const Numerics& numerics,
                const std::vector<Real>& output_gate, CellState<Real>& state) {
  const auto* lstm = std::get_if<LstmWeights<Real>>(&weights);
  if (lstm == nullptr || !lstm->projection.empty()) return;
  const bool rounds =
      numerics.rounding != Rounding::kNone && numerics.rounding_scope == RoundingScope::kFeedback;
  for (size_t k = 0; k < state.h.size(); ++k) {
    const auto shown =
        static_cast<Real>(static_cast<double>(output_gate[k]) *
                          Activate(lstm->memory_activation, numerics.activation_rule, state.c[k]));
    state.h[k] = rounds ? RoundTiesToZero(shown) : shown;
  }
}

template void ShowMemory(const CellWeights<float>&, const Numerics&, const std::vector<float>&,
                         CellState<float>&);
template void ShowMemory(const CellWeights<double>&, const Numerics&, const std::vector<double>&,
                         CellState<double>&);

}  // namespace cellar
