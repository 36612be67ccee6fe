// Weights of one cell. The equations are in model.proto, with the same letters and names.
//
// Matrices are row-major; row i produces element i. Immutable once a Model owns them.
#ifndef CELLAR_SERVER_CELL_CELL_WEIGHTS_H_
#define CELLAR_SERVER_CELL_CELL_WEIGHTS_H_

#include <variant>
#include <vector>

#include "server/cell/cell_kind.h"
#include "server/cell/cell_shape.h"

namespace cellar {

template <class Real>
struct GateWeights {
  std::vector<Real> input;      // W, [H, I]
  std::vector<Real> recurrent;  // U, [H, P]
  std::vector<Real> bias;       // b, [H]
  Activation activation = Activation::kSigmoid;
};

template <class Real>
struct LstmWeights {
  CellShape shape;
  GateWeights<Real> forget_gate;
  GateWeights<Real> input_gate;
  GateWeights<Real> output_gate;
  GateWeights<Real> candidate;
  std::vector<Real> forget_peephole;  // p_f, [H]; all three empty without peepholes
  std::vector<Real> input_peephole;   // p_i, [H]
  std::vector<Real> output_peephole;  // p_o, [H]
  std::vector<Real> projection;       // W_hr, [P, H]; empty without projection
  Activation memory_activation = Activation::kTanh;
};

template <class Real>
struct GruResetBeforeWeights {
  CellShape shape;
  GateWeights<Real> update_gate;
  GateWeights<Real> reset_gate;
  GateWeights<Real> candidate;
};

template <class Real>
struct GruResetAfterWeights {
  CellShape shape;
  GateWeights<Real> update_gate;
  GateWeights<Real> reset_gate;
  GateWeights<Real> candidate;                 // its bias is b_g
  std::vector<Real> candidate_recurrent_bias;  // b_gh, [H]
};

template <class Real>
struct RnnWeights {
  CellShape shape;
  GateWeights<Real> hidden;
};

template <class Real>
using CellWeights = std::variant<LstmWeights<Real>, GruResetBeforeWeights<Real>,
                                 GruResetAfterWeights<Real>, RnnWeights<Real>>;

template <class Real>
const CellShape& ShapeOf(const CellWeights<Real>& weights) {
  return std::visit([](const auto& cell) -> const CellShape& { return cell.shape; }, weights);
}

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_CELL_WEIGHTS_H_
