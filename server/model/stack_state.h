// What a whole model remembers between two steps: one CellState a layer. A value.
#ifndef CELLAR_SERVER_MODEL_STACK_STATE_H_
#define CELLAR_SERVER_MODEL_STACK_STATE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "server/base/shared_numbers.h"
#include "server/cell/cell_state.h"
#include "server/model/model.h"

namespace cellar {

template <class Real>
struct StackState {
  std::vector<CellState<Real>> layers;           // from the input upwards
  std::vector<CellState<Real>> backward_layers;  // empty unless the model is bidirectional

  friend bool operator==(const StackState&,
                         const StackState&) = default;  // NaN differs from itself
};

// A state in the precision of its session.
using AnyStackState = std::variant<StackState<float>, StackState<double>>;

// The state in which every model starts unless told otherwise: all +0.
AnyStackState ZeroStackState(const Model& model, Precision precision);

// Bytes of all numbers.
int64_t StackStateBytes(const AnyStackState& state);

// SHA-256 in lower-case hexadecimal: one byte for the precision (4 or 8, the bytes of a number),
// then for every layer, and after them every backward layer, h and c, little-endian. Equal digests
// mean equal bits.
std::string StackStateDigest(const AnyStackState& state);

// Whether `state` has the layers and lengths that `model` asks for.
bool FitsModel(const AnyStackState& state, const Model& model);

// ---- In one piece, as sessions keep it ----
//
// The numbers in the order of the digest: h and c of every layer, then of every backward layer.

SharedNumbers FreezeState(const AnyStackState& state);

// REQUIRES: `numbers` are those of a state of `model`.
AnyStackState ThawState(const SharedNumbers& numbers, const Model& model);

// As StackStateDigest of the thawed state.
std::string StackStateDigest(const SharedNumbers& numbers);

// The same over what is in *digest, whose memory is used again.
void WriteStackStateDigest(const SharedNumbers& numbers, std::string* digest);

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_STACK_STATE_H_
