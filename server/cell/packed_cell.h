// Weights of one cell as the kernels read them (packed_matrix.h), and the way there and back:
// nothing is lost, so a model keeps its weights in this form only. Stored as bfloat16 are W, U and
// W_hr, which is nearly everything that a step reads; vectors (biases, peepholes) stay as they are.
//
// Thread safety: immutable once made. Ownership: owns its numbers; move-only.
#ifndef CELLAR_SERVER_CELL_PACKED_CELL_H_
#define CELLAR_SERVER_CELL_PACKED_CELL_H_

#include <cstdint>

#include "server/base/aligned_buffer.h"
#include "server/cell/cell_shape.h"
#include "server/cell/cell_weights.h"
#include "server/cell/packed_matrix.h"

namespace cellar {

constexpr int kMostGates = 4;

template <class Real>
struct PackedCell {
  CellShape shape;
  PackedMatrix<Real> input;      // W of all gates, [H, I] each
  PackedMatrix<Real> recurrent;  // U of all gates, [H, P] each; of a GRU reset before: of z and r
  // What the chains of the two start with, [block][gate][lane]: b, and 0 or (GRU reset after) b_gh.
  PackedMatrix<Real> input_start;
  PackedMatrix<Real> recurrent_start;
  PackedMatrix<Real> candidate;   // U_g of a GRU reset before, else empty
  PackedMatrix<Real> projection;  // W_hr, [P, H]; empty without projection
  PackedMatrix<Real> peepholes;   // p_f, p_i, p_o, [block][gate][lane]; empty without peepholes
  Activation activations[kMostGates] = {};
  Activation memory_activation = Activation::kTanh;

  int64_t gates() const { return input.gates(); }
  WeightStorage storage() const { return input.storage(); }
  int64_t size_bytes() const;  // of all numbers, with what fills blocks up

  // What the same cell takes in this precision, stored in full.
  template <class To>
  int64_t BytesIn() const;
};

// REQUIRES: `storage` is kFull if Real is double.
template <class Real>
PackedCell<Real> PackCell(const CellWeights<Real>& weights,
                          WeightStorage storage = WeightStorage::kFull);

// The weights that PackCell was given, rounded as they are stored: those that steps compute with.
template <class Real>
CellWeights<Real> UnpackCell(const PackedCell<Real>& packed);

// The same with W and U empty, and W_hr with one number if there is one: what is there, at little
// cost.
template <class Real>
CellWeights<Real> OutlineOf(const PackedCell<Real>& packed);

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_PACKED_CELL_H_
