#include "server/model/model_validation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "server/base/status_macros.h"
#include "server/model/cell_fields.h"
#include "server/model/layer_sizes.h"
#include "server/model/model_errors.h"
#include "server/model/weight_rounding.h"

namespace cellar {
namespace {

// Enough for any real mistake; an answer's details travel in HTTP/2 trailers, which are short.
constexpr size_t kMaxViolations = 100;

// A size beyond this is a mistake that is reported where it was claimed; the layers around it
// are not measured against it.
constexpr int64_t kLargestPlausibleSize = int64_t{1} << 40;

template <class Real>
struct NamedTensor {
  TensorFacts facts;
  const TensorSpec<Real>* tensor;
};

enum class Presence { kRequired, kOptional };

// Lists the tensors that a layer has or must have. `cell_path` is that of the cell:
// "model.layers[0].lstm".
template <class Real>
std::vector<NamedTensor<Real>> TensorsOf(const LayerSpec<Real>& layer,
                                         const std::string& cell_path) {
  std::vector<NamedTensor<Real>> tensors;
  const auto add = [&](const std::string& path, const TensorSpec<Real>& tensor,
                       const std::vector<LayerAxis>& axes, Presence presence) {
    tensors.push_back({{.path = path,
                        .axes = axes,
                        .required = presence == Presence::kRequired,
                        .given = tensor.given,
                        .broken = tensor.broken,
                        .shape = tensor.shape,
                        .element_count = static_cast<int64_t>(tensor.values.size())},
                       &tensor});
  };
  constexpr auto kI = LayerAxis::kInput;
  constexpr auto kH = LayerAxis::kHidden;
  const auto kP = layer.projection.given ? LayerAxis::kOutput : LayerAxis::kHidden;
  const std::vector<const char*>& names = GateFieldNames(*layer.kind);
  for (size_t k = 0; k < names.size(); ++k) {
    const GateSpec<Real>& gate = layer.gates[k];
    if (!gate.given) continue;  // reported as one, see CheckGates
    const std::string path = absl::StrCat(cell_path, ".", names[k]);
    add(absl::StrCat(path, ".input_weights"), gate.input_weights, {kH, kI}, Presence::kRequired);
    add(absl::StrCat(path, ".recurrent_weights"), gate.recurrent_weights, {kH, kP},
        Presence::kRequired);
    add(absl::StrCat(path, ".bias"), gate.bias, {kH}, Presence::kOptional);
  }
  if (layer.has_peepholes) {
    const std::string path = absl::StrCat(cell_path, ".peepholes");
    add(absl::StrCat(path, ".forget_gate"), layer.forget_peephole, {kH}, Presence::kRequired);
    add(absl::StrCat(path, ".input_gate"), layer.input_peephole, {kH}, Presence::kRequired);
    add(absl::StrCat(path, ".output_gate"), layer.output_peephole, {kH}, Presence::kRequired);
  }
  add(absl::StrCat(cell_path, ".projection"), layer.projection, {LayerAxis::kOutput, kH},
      Presence::kOptional);
  add(absl::StrCat(cell_path, ".candidate_recurrent_bias"), layer.candidate_recurrent_bias, {kH},
      Presence::kOptional);
  return tensors;
}

template <class Real>
void CheckFinite(const TensorSpec<Real>& tensor, const std::string& path,
                 FieldViolations& violations) {
  if (tensor.all_finite) return;
  size_t count = 0;
  size_t first = 0;
  for (size_t k = 0; k < tensor.values.size(); ++k) {
    if (std::isfinite(tensor.values[k])) continue;
    if (count == 0) first = k;
    ++count;
  }
  if (count == 0) return;
  const Real value = tensor.values[first];
  const char* name = std::isnan(value) ? "nan" : (value > 0 ? "inf" : "-inf");
  violations.push_back(
      {path, absl::StrCat("number of elements that are not finite is ", count, ", the first is ",
                          name, " at index ", first, "; every weight must be finite")});
}

template <class Real>
void CheckGates(const LayerSpec<Real>& layer, const std::string& cell_path, const LayerSizes& sizes,
                FieldViolations& violations) {
  const LayerAxis output = layer.projection.given ? LayerAxis::kOutput : LayerAxis::kHidden;
  const std::vector<const char*>& names = GateFieldNames(*layer.kind);
  for (size_t k = 0; k < names.size(); ++k) {
    if (layer.gates[k].given) continue;
    violations.push_back({absl::StrCat(cell_path, ".", names[k]),
                          absl::StrCat("is missing; must have input_weights of shape ",
                                       FormatAxes({LayerAxis::kHidden, LayerAxis::kInput}, sizes),
                                       " and recurrent_weights of shape ",
                                       FormatAxes({LayerAxis::kHidden, output}, sizes))});
  }
}

// Adds a violation for a size that whole and complete tensors leave open.
template <class Real>
void CheckSizesKnown(const std::vector<NamedTensor<Real>>& tensors, const std::string& cell_path,
                     const LayerSizes& sizes, FieldViolations& violations) {
  for (const NamedTensor<Real>& named : tensors) {
    const bool missing = named.facts.required && !named.facts.given;
    if (missing || named.facts.broken) return;  // is reported itself, and may be all that it takes
  }
  const auto check = [&](const std::optional<int64_t>& size, const char* what) {
    if (size.has_value()) return;
    violations.push_back(
        {cell_path, absl::StrCat(what,
                                 " cannot be told from the numbers of elements; give the "
                                 "tensors their shapes: input_weights [H, I], "
                                 "recurrent_weights [H, P], bias [H], projection [P, H]")});
  };
  check(sizes.hidden, "the hidden size H");
  if (!sizes.hidden.has_value()) return;  // the others follow from it
  check(sizes.input, "the input size I");
  check(sizes.output, "the output size P");
}

// Checks all of one layer but how it fits the layers around it. Returns the sizes found.
template <class Real>
LayerSizes CheckLayer(const LayerSpec<Real>& layer, WeightStorage storage,
                      const std::string& cell_path, const LayerSizes& hints,
                      FieldViolations& violations) {
  const std::vector<NamedTensor<Real>> tensors = TensorsOf(layer, cell_path);
  std::vector<TensorFacts> facts;
  facts.reserve(tensors.size());
  for (const NamedTensor<Real>& named : tensors) facts.push_back(named.facts);
  LayerSizes sizes = InferLayerSizes(facts, hints);
  if (!layer.projection.given) sizes.output = sizes.hidden;

  CheckGates(layer, cell_path, sizes, violations);
  bool all_gates_given = true;
  for (const GateSpec<Real>& gate : layer.gates) all_gates_given = all_gates_given && gate.given;
  if (all_gates_given) CheckSizesKnown(tensors, cell_path, sizes, violations);
  for (const NamedTensor<Real>& named : tensors) {
    CheckTensorShape(named.facts, sizes, violations);
    if (named.facts.broken) continue;
    CheckFinite(*named.tensor, named.facts.path, violations);
    const bool is_matrix = named.facts.axes.size() == 2;
    if (is_matrix) CheckFitsStorage(named.tensor->values, storage, named.facts.path, violations);
  }
  if (layer.projection.given && sizes.output.has_value() && sizes.hidden.has_value() &&
      *sizes.output > *sizes.hidden) {
    violations.push_back({absl::StrCat(cell_path, ".projection"),
                          absl::StrCat("output size P is ", *sizes.output,
                                       "; must be at most the hidden size H, ", *sizes.hidden)});
  }
  return sizes;
}

template <class Real>
class StackChecker {
 public:
  StackChecker(const ModelSpec<Real>& spec, std::string prefix, FieldViolations& violations)
      : spec_(spec), prefix_(std::move(prefix)), violations_(violations) {}

  void Check() {
    const size_t count = spec_.layers.size();
    const size_t backward_count = spec_.backward_layers.size();
    CheckStorage();
    if (count == 0) {
      violations_.push_back({absl::StrCat(prefix_, "layers"), "is empty; must have 1 or more"});
    }
    if (backward_count != 0 && backward_count != count) {
      violations_.push_back({absl::StrCat(prefix_, "backward_layers"),
                             absl::StrCat("number of layers is ", backward_count, "; must be ",
                                          count, ", as in layers, or 0")});
    }
    std::optional<int64_t> below;  // length of what the layer reads
    for (size_t k = 0; k < count; ++k) {
      const LayerSizes forward = CheckForward(k, below);
      if (k < backward_count) CheckBackward(k, below, forward);
      below = forward.output;
      if (below.has_value() && *below > kLargestPlausibleSize) below = std::nullopt;
      if (below.has_value() && backward_count != 0) below = 2 * *below;
      sizes_.push_back(forward);
    }
    for (size_t k = count; k < backward_count; ++k) CheckBackward(k, std::nullopt, {});
  }

  // Of every layer, and of its counterpart. All known if there was no violation.
  const std::vector<LayerSizes>& sizes() const { return sizes_; }

 private:
  void CheckStorage() {
    if (spec_.weight_storage == WeightStorage::kFull || std::is_same_v<Real, float>) return;
    violations_.push_back({absl::StrCat(prefix_, "weight_storage"),
                           "is WEIGHT_STORAGE_BFLOAT16 (2), but the precision is FLOAT64; must be "
                           "WEIGHT_STORAGE_FULL (1) or left out, or the precision FLOAT32"});
  }

  // The path of the cell; nothing, and a violation, if there is none.
  std::optional<std::string> CellPath(const LayerSpec<Real>& layer, const char* list, size_t k) {
    const std::string layer_path = absl::StrCat(prefix_, list, "[", k, "]");
    if (layer.kind.has_value()) {
      return absl::StrCat(layer_path, ".", CellFieldName(*layer.kind));
    }
    violations_.push_back({absl::StrCat(layer_path, ".cell"),
                           "is missing; must be lstm, gru_reset_before, gru_reset_after or rnn"});
    return std::nullopt;
  }

  LayerSizes CheckForward(size_t k, std::optional<int64_t> below) {
    const LayerSpec<Real>& layer = spec_.layers[k];
    const std::optional<std::string> path = CellPath(layer, "layers", k);
    if (!path.has_value()) return {};
    const LayerSizes sizes =
        CheckLayer(layer, spec_.weight_storage, *path, {.input = below}, violations_);
    if (below.has_value() && sizes.input.has_value() && *below != *sizes.input) {
      violations_.push_back(
          {*path, absl::StrCat("input size I is ", *sizes.input, "; must be ", *below,
                               ", the length of what the layer below "
                               "gives")});
    }
    return sizes;
  }

  void CheckBackward(size_t k, std::optional<int64_t> below, LayerSizes counterpart) {
    const LayerSpec<Real>& layer = spec_.backward_layers[k];
    const std::optional<std::string> path = CellPath(layer, "backward_layers", k);
    if (!path.has_value()) return;
    LayerSizes hints = counterpart;
    if (!hints.input.has_value()) hints.input = below;
    const LayerSizes sizes = CheckLayer(layer, spec_.weight_storage, *path, hints, violations_);
    const auto check = [&](LayerAxis axis, const char* what) {
      if (!sizes[axis].has_value() || !counterpart[axis].has_value()) return;
      if (*sizes[axis] == *counterpart[axis]) return;
      violations_.push_back(
          {*path, absl::StrCat(what, " is ", *sizes[axis], "; must be ", *counterpart[axis],
                               ", as in ", prefix_, "layers[", k, "]")});
    };
    check(LayerAxis::kInput, "input size I");
    check(LayerAxis::kHidden, "hidden size H");
    check(LayerAxis::kOutput, "output size P");
  }

  const ModelSpec<Real>& spec_;
  const std::string prefix_;
  FieldViolations& violations_;
  std::vector<LayerSizes> sizes_;
};

FieldViolations Capped(FieldViolations violations, absl::string_view path) {
  if (violations.size() <= kMaxViolations) return violations;
  const size_t more = violations.size() - kMaxViolations;
  violations.resize(kMaxViolations);
  violations.push_back({std::string(path),
                        absl::StrCat("has ", more, " more violations; correct the others first")});
  return violations;
}

template <class Real, class Cell>
CellWeights<Real> TakeCell(LayerSpec<Real>& layer, const CellShape& shape) {
  const auto take = [](TensorSpec<Real>& tensor, int64_t zero_count) {
    if (!tensor.given) return std::vector<Real>(static_cast<size_t>(zero_count));
    return std::move(tensor.values);
  };
  Cell cell;
  cell.shape = shape;
  const auto gates = GatesOf(cell);
  for (size_t k = 0; k < gates.size(); ++k) {
    gates[k]->input = take(layer.gates[k].input_weights, 0);
    gates[k]->recurrent = take(layer.gates[k].recurrent_weights, 0);
    gates[k]->bias = take(layer.gates[k].bias, shape.hidden_size);
    gates[k]->activation = layer.gates[k].activation.value_or(DefaultActivation(shape.kind, k));
  }
  if constexpr (requires { cell.memory_activation; }) {
    if (layer.has_peepholes) {
      cell.forget_peephole = take(layer.forget_peephole, 0);
      cell.input_peephole = take(layer.input_peephole, 0);
      cell.output_peephole = take(layer.output_peephole, 0);
    }
    cell.projection = take(layer.projection, 0);
    cell.memory_activation = layer.memory_activation.value_or(Activation::kTanh);
  }
  if constexpr (requires { cell.candidate_recurrent_bias; }) {
    cell.candidate_recurrent_bias = take(layer.candidate_recurrent_bias, shape.hidden_size);
  }
  return cell;
}

template <class Real>
CellWeights<Real> TakeWeights(LayerSpec<Real>& layer, const LayerSizes& sizes) {
  const CellShape shape = {*layer.kind, *sizes.input, *sizes.hidden, *sizes.output};
  switch (shape.kind) {
    case CellKind::kLstm:
      return TakeCell<Real, LstmWeights<Real>>(layer, shape);
    case CellKind::kGruResetBefore:
      return TakeCell<Real, GruResetBeforeWeights<Real>>(layer, shape);
    case CellKind::kGruResetAfter:
      return TakeCell<Real, GruResetAfterWeights<Real>>(layer, shape);
    case CellKind::kRnn:
      break;
  }
  return TakeCell<Real, RnnWeights<Real>>(layer, shape);
}

template <class Real>
int64_t ParameterCount(const std::vector<CellWeights<Real>>& layers) {
  size_t count = 0;
  const auto count_cell = [&count](const auto& cell) {
    for (const auto* gate : GatesOf(cell)) {
      count += gate->input.size() + gate->recurrent.size() + gate->bias.size();
    }
    for (const auto* tensor : OtherTensorsOf(cell)) count += tensor->size();
  };
  for (const CellWeights<Real>& layer : layers) std::visit(count_cell, layer);
  return static_cast<int64_t>(count);
}

// Limits that a checked model may still break. Backward layers have the sizes of their
// counterparts.
absl::Status CheckLimits(const std::vector<LayerSizes>& layers, const ModelLimits& limits,
                         const std::string& prefix) {
  const auto layer_count = static_cast<int64_t>(layers.size());
  if (layer_count > limits.max_layers) {
    return ModelSizeLimit(absl::StrCat(prefix, "layers"), layer_count, limits.max_layers);
  }
  for (size_t k = 0; k < layers.size(); ++k) {
    const auto check = [&](const char* field, int64_t size) {
      if (size <= limits.max_hidden_size) return absl::OkStatus();
      return ModelSizeLimit(absl::StrCat(prefix, "layers[", k, "].", field), size,
                            limits.max_hidden_size);
    };
    CELLAR_RETURN_IF_ERROR(check("hidden_size", *layers[k].hidden));
    CELLAR_RETURN_IF_ERROR(check("input_size", *layers[k].input));
  }
  return absl::OkStatus();
}

}  // namespace

template <class Real>
absl::StatusOr<LayerStack<Real>> BuildLayerStack(ModelSpec<Real> spec, const ModelLimits& limits,
                                                 absl::string_view path,
                                                 FieldViolations violations) {
  for (auto* layers : {&spec.layers, &spec.backward_layers}) {
    for (LayerSpec<Real>& layer : *layers) {
      if (layer.kind.has_value()) layer.gates.resize(GateFieldNames(*layer.kind).size());
    }
  }
  const std::string prefix = path.empty() ? "" : absl::StrCat(path, ".");
  StackChecker<Real> checker(spec, prefix, violations);
  checker.Check();
  CELLAR_RETURN_IF_ERROR(BadRequest(Capped(std::move(violations), path)));
  CELLAR_RETURN_IF_ERROR(CheckLimits(checker.sizes(), limits, prefix));

  LayerStack<Real> stack;
  for (size_t k = 0; k < spec.layers.size(); ++k) {
    stack.layers.push_back(TakeWeights(spec.layers[k], checker.sizes()[k]));
  }
  for (size_t k = 0; k < spec.backward_layers.size(); ++k) {
    stack.backward_layers.push_back(TakeWeights(spec.backward_layers[k], checker.sizes()[k]));
  }
  stack.weight_storage = spec.weight_storage;
  RoundAsStored(stack);
  const int64_t parameters = ParameterCount(stack.layers) + ParameterCount(stack.backward_layers);
  if (parameters > limits.max_parameters) {
    return ModelSizeLimit(absl::StrCat(prefix, "parameter_count"), parameters,
                          limits.max_parameters);
  }
  return stack;
}

template absl::StatusOr<LayerStack<float>> BuildLayerStack(ModelSpec<float>, const ModelLimits&,
                                                           absl::string_view, FieldViolations);
template absl::StatusOr<LayerStack<double>> BuildLayerStack(ModelSpec<double>, const ModelLimits&,
                                                            absl::string_view, FieldViolations);

}  // namespace cellar
