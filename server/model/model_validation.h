// From weights as they were written down to a checked LayerStack.
//
// Thread safety: pure functions.
#ifndef CELLAR_SERVER_MODEL_MODEL_VALIDATION_H_
#define CELLAR_SERVER_MODEL_MODEL_VALIDATION_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/base/error.h"
#include "server/model/model.h"

namespace cellar {

// A tensor as given: nothing is known of it yet.
template <class Real>
struct TensorSpec {
  bool given = false;
  bool broken = false;  // a violation is reported already; the tensor is not judged further
  std::vector<int64_t> shape = {};  // empty: to be implied
  std::vector<Real> values = {};    // row-major
  bool all_finite = false;          // known of the values, which are looked at otherwise
};

template <class Real>
struct GateSpec {
  bool given = false;
  TensorSpec<Real> input_weights = {};
  TensorSpec<Real> recurrent_weights = {};
  TensorSpec<Real> bias = {};
  std::optional<Activation> activation = {};  // nothing: the one in the cell's equations
};

template <class Real>
struct LayerSpec {
  std::optional<CellKind> kind = {};       // nothing: no cell given
  std::vector<GateSpec<Real>> gates = {};  // in canonical order (cell_kind.h), all that kind has
  bool has_peepholes = false;              // LSTM only, as the next four lines
  TensorSpec<Real> forget_peephole = {};
  TensorSpec<Real> input_peephole = {};
  TensorSpec<Real> output_peephole = {};
  TensorSpec<Real> projection = {};
  std::optional<Activation> memory_activation = {};
  TensorSpec<Real> candidate_recurrent_bias = {};  // GRU reset-after only
};

template <class Real>
struct ModelSpec {
  std::vector<LayerSpec<Real>> layers = {};
  std::vector<LayerSpec<Real>> backward_layers = {};
  WeightStorage weight_storage = WeightStorage::kFull;
};

struct ModelLimits {
  int64_t max_layers = 64;          // each direction
  int64_t max_hidden_size = 65536;  // also of input_size
  int64_t max_parameters = int64_t{1} << 28;
};

// Infers what was left out, checks everything, and moves the weights into a stack, matrices rounded
// if they are to be stored as bfloat16 (float only; a weight that this makes infinite is a
// violation).
//
// Violations found by the caller (who could not convert something) come in as `violations`; all
// problems are reported at once, with paths that begin with `path` ("model" gives
// "model.layers[0].lstm.forget_gate.bias"). Errors: BAD_REQUEST with every violation (of more than
// a hundred, the first ones and how many more); MODEL_SIZE_LIMIT if all is well but too large.
template <class Real>
absl::StatusOr<LayerStack<Real>> BuildLayerStack(ModelSpec<Real> spec, const ModelLimits& limits,
                                                 absl::string_view path,
                                                 FieldViolations violations);

}  // namespace cellar

#endif  // CELLAR_SERVER_MODEL_MODEL_VALIDATION_H_
