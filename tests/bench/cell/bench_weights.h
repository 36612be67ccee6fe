// Cells of the benchmarks: any kind and size, always the same.
//
// Thread safety: pure functions, but for the generator, which belongs to one thread.
#ifndef CELLAR_TESTS_BENCH_CELL_BENCH_WEIGHTS_H_
#define CELLAR_TESTS_BENCH_CELL_BENCH_WEIGHTS_H_

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "server/cell/cell_weights.h"

namespace cellar {

// Between -bound and bound.
template <class Real>
std::vector<Real> Numbers(std::mt19937_64& generator, int64_t count, double bound) {
  std::vector<Real> numbers;
  for (int64_t i = 0; i < count; ++i) {
    numbers.push_back(
        static_cast<Real>((2 * (static_cast<double>(generator() >> 11) * 0x1p-53) - 1) * bound));
  }
  return numbers;
}

// Input size = hidden size.
template <class Real>
CellWeights<Real> MakeWeights(CellKind kind, int64_t hidden) {
  std::mt19937_64 generator(1);
  const CellShape shape = {kind, hidden, hidden, hidden};
  const auto gate = [&](Activation activation) {
    const double bound = 1 / std::sqrt(static_cast<double>(hidden));
    return GateWeights<Real>{Numbers<Real>(generator, hidden * hidden, bound),
                             Numbers<Real>(generator, hidden * hidden, bound),
                             Numbers<Real>(generator, hidden, bound), activation};
  };
  const auto sigmoid = [&] { return gate(Activation::kSigmoid); };
  const auto tanh = [&] { return gate(Activation::kTanh); };
  switch (kind) {
    case CellKind::kLstm: {
      LstmWeights<Real> cell;
      cell.shape = shape;
      cell.forget_gate = sigmoid();
      cell.input_gate = sigmoid();
      cell.output_gate = sigmoid();
      cell.candidate = tanh();
      return cell;
    }
    case CellKind::kGruResetBefore:
      return GruResetBeforeWeights<Real>{shape, sigmoid(), sigmoid(), tanh()};
    case CellKind::kGruResetAfter:
      return GruResetAfterWeights<Real>{shape, sigmoid(), sigmoid(), tanh(),
                                        Numbers<Real>(generator, hidden, 1)};
    case CellKind::kRnn:
      break;
  }
  return RnnWeights<Real>{shape, tanh()};
}

}  // namespace cellar

#endif  // CELLAR_TESTS_BENCH_CELL_BENCH_WEIGHTS_H_
