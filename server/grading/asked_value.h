// One number that an exercise asks for, by its place.
//
// Thread safety: values and pure functions.
#ifndef CELLAR_SERVER_GRADING_ASKED_VALUE_H_
#define CELLAR_SERVER_GRADING_ASKED_VALUE_H_

#include <cstdint>

#include "server/cell/cell_kind.h"
#include "server/cell/cell_shape.h"

namespace cellar {

// A value inside a layer; the words are those of exercise.proto.
enum class Quantity {
  kH,
  kC,
  kForgetGate,
  kInputGate,
  kOutputGate,
  kUpdateGate,
  kResetGate,
  kCandidate,
};

struct AskedValue {
  int64_t sequence = 0;  // all of these from 0
  int64_t layer = 0;     // from the input upwards
  Quantity quantity = Quantity::kH;
  int64_t step = 0;
  int64_t element = 0;

  friend bool operator==(const AskedValue&, const AskedValue&) = default;
};

// Elements of a quantity in a cell of this shape; 0 if the cell has no such thing.
inline int64_t QuantityLength(const CellShape& shape, Quantity quantity) {
  const bool is_lstm = shape.kind == CellKind::kLstm;
  const bool is_gru =
      shape.kind == CellKind::kGruResetBefore || shape.kind == CellKind::kGruResetAfter;
  switch (quantity) {
    case Quantity::kH:
      return shape.output_size;
    case Quantity::kC:
    case Quantity::kForgetGate:
    case Quantity::kInputGate:
    case Quantity::kOutputGate:
      return is_lstm ? shape.hidden_size : 0;
    case Quantity::kUpdateGate:
    case Quantity::kResetGate:
      return is_gru ? shape.hidden_size : 0;
    case Quantity::kCandidate:
      return is_lstm || is_gru ? shape.hidden_size : 0;
  }
  return 0;
}

}  // namespace cellar

#endif  // CELLAR_SERVER_GRADING_ASKED_VALUE_H_
