// The kinds of cell and their gates, in the one order used wherever an order is needed.
#ifndef CELLAR_SERVER_CELL_CELL_KIND_H_
#define CELLAR_SERVER_CELL_CELL_KIND_H_

namespace cellar {

// GRU is two kinds: they place the reset gate differently and are different functions (see
// model.proto).
enum class CellKind { kLstm, kGruResetBefore, kGruResetAfter, kRnn };

// Wherever gates of a cell stand in a row, this is their order: LSTM forget, input, output,
// candidate; GRU update, reset, candidate; RNN hidden.

// What is applied to a pre-activation, element by element; defined in model.proto.
enum class Activation { kSigmoid, kTanh, kRelu, kHardSigmoid, kIdentity };

}  // namespace cellar

#endif  // CELLAR_SERVER_CELL_CELL_KIND_H_
