// What an LSTM shows of a memory that is not its own: h = o * tanh(c).
//
// Thread safety: pure functions of their arguments.
#ifndef CELLAR_SERVER_GRADING_MEMORY_SHOWN_H_
#define CELLAR_SERVER_GRADING_MEMORY_SHOWN_H_

#include <vector>

#include "server/cell/cell_state.h"
#include "server/cell/cell_weights.h"
#include "server/cell/numerics.h"

namespace cellar {

// Makes state.h what the cell shows of state.c through this output gate ([H]): as StepCell does,
// but for the last bits. Leaves a state alone whose cell has a projection, or is no LSTM.
template <class Real>
void ShowMemory(const CellWeights<Real>& weights, const Numerics& numerics,
                const std::vector<Real>& output_gate, CellState<Real>& state);

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_MEMORY_SHOWN_H_
