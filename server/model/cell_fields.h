// The parts of a cell in canonical order, and the names that model.proto gives to them (field paths
// and conversions are made of these).
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_MODEL_CELL_FIELDS_H_
#define CELLAR_SERVER_MODEL_CELL_FIELDS_H_

#include <cstddef>
#include <vector>

#include "server/cell/cell_kind.h"
#include "server/cell/cell_weights.h"

namespace cellar {

// Name of the arm of `Layer.cell`: "lstm".
inline const char* CellFieldName(CellKind kind) {
  switch (kind) {
    case CellKind::kLstm:
      return "lstm";
    case CellKind::kGruResetBefore:
      return "gru_reset_before";
    case CellKind::kGruResetAfter:
      return "gru_reset_after";
    case CellKind::kRnn:
      return "rnn";
  }
  return "";
}

// Names of the gates, in canonical order.
inline const std::vector<const char*>& GateFieldNames(CellKind kind) {
  static const auto& lstm =
      *new std::vector<const char*>{"forget_gate", "input_gate", "output_gate", "candidate"};
  static const auto& gru = *new std::vector<const char*>{"update_gate", "reset_gate", "candidate"};
  static const auto& rnn = *new std::vector<const char*>{"hidden"};
  if (kind == CellKind::kLstm) return lstm;
  return kind == CellKind::kRnn ? rnn : gru;
}

// The function that model.proto's equations put around gate number `gate` of the canonical order.
inline Activation DefaultActivation(CellKind kind, size_t gate) {
  const bool is_last = gate + 1 == GateFieldNames(kind).size();  // candidate, or an RNN's only gate
  return is_last ? Activation::kTanh : Activation::kSigmoid;
}

// Pointers to the gates of a cell of any kind, in canonical order.
template <class Cell>
auto GatesOf(Cell& cell) {
  if constexpr (requires { cell.forget_gate; }) {
    return std::vector{&cell.forget_gate, &cell.input_gate, &cell.output_gate, &cell.candidate};
  } else if constexpr (requires { cell.update_gate; }) {
    return std::vector{&cell.update_gate, &cell.reset_gate, &cell.candidate};
  } else {
    return std::vector{&cell.hidden};
  }
}

// Pointers to the tensors that belong to no gate, in canonical order; those that a cell does
// without are empty.
template <class Cell>
auto OtherTensorsOf(Cell& cell) {
  if constexpr (requires { cell.forget_peephole; }) {
    return std::vector{&cell.forget_peephole, &cell.input_peephole, &cell.output_peephole,
                       &cell.projection};
  } else if constexpr (requires { cell.candidate_recurrent_bias; }) {
    return std::vector{&cell.candidate_recurrent_bias};
  } else {
    return std::vector<decltype(&GatesOf(cell).front()->bias)>();
  }
}

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_CELL_FIELDS_H_
