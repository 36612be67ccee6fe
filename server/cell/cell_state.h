// What one cell remembers between two steps. A value; copying is a copy of all numbers.
#ifndef CELLAR_SERVER_CELL_CELL_STATE_H_
#define CELLAR_SERVER_CELL_CELL_STATE_H_

#include <vector>

#include "server/cell/cell_shape.h"

namespace cellar {

template <class Real>
struct CellState {
  // [P]: the visible state as fed back (rounded only under RoundingScope::kFeedback).
  std::vector<Real> h;
  // [H]: the memory; empty unless the cell is an LSTM.
  std::vector<Real> c;

  friend bool operator==(const CellState&, const CellState&) = default;
};

// The state in which every cell starts unless told otherwise: all +0.
template <class Real>
CellState<Real> ZeroState(const CellShape& shape) {
  return {std::vector<Real>(shape.output_size), std::vector<Real>(shape.memory_size())};
}

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_CELL_STATE_H_
