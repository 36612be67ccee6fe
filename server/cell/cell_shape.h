// Sizes of one cell, all in elements.
#ifndef CELLAR_SERVER_CELL_CELL_SHAPE_H_
#define CELLAR_SERVER_CELL_CELL_SHAPE_H_

#include <cstdint>

#include "server/cell/cell_kind.h"

namespace cellar {

struct CellShape {
  CellKind kind = CellKind::kLstm;
  int64_t input_size = 1;   // I: length of x
  int64_t hidden_size = 1;  // H: length of c, of every gate, and of h unless projected
  int64_t output_size = 1;  // P: length of h; H unless an LSTM has a projection

  // Length of c in the state: H for an LSTM, 0 for the others.
  int64_t memory_size() const { return kind == CellKind::kLstm ? hidden_size : 0; }

  friend bool operator==(const CellShape&, const CellShape&) = default;
};

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_CELL_SHAPE_H_
