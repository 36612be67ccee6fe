#include "tests/testing/model_builder.h"

#include <cstddef>
#include <cstdlib>
#include <iostream>
#include <random>
#include <utility>

#include "server/model/cell_fields.h"

namespace cellar {
namespace {

// Draws by own rules: the distributions of <random> differ from library to library.
class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}

  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
  }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }

  template <class Real>
  std::vector<Real> Numbers(int64_t count, double bound) {
    std::vector<Real> numbers;
    for (int64_t k = 0; k < count; ++k) {
      const double unit = static_cast<double>(engine_() >> 11) * 0x1p-53;
      numbers.push_back(static_cast<Real>((2 * unit - 1) * bound));
    }
    return numbers;
  }

  template <class Real>
  TensorSpec<Real> Tensor(std::vector<int64_t> shape) {
    int64_t count = 1;
    for (int64_t length : shape) count *= length;
    return GivenTensor(Numbers<Real>(count, 1), std::move(shape));
  }

  std::optional<Activation> AnyActivation() {
    if (!OneIn(4)) return std::nullopt;
    return static_cast<Activation>(Between(0, 4));
  }

 private:
  std::mt19937_64 engine_;
};

template <class Real>
GateSpec<Real> ScalarGate(Real recurrent, Real input, Real bias) {
  return {.given = true,
          .input_weights = GivenTensor<Real>({input}),
          .recurrent_weights = GivenTensor<Real>({recurrent}),
          .bias = GivenTensor<Real>({bias})};
}

template <class Real>
LayerSpec<Real> RandomLayer(Draw& draw, const CellShape& shape, bool variants) {
  LayerSpec<Real> layer;
  layer.kind = shape.kind;
  const int64_t i = shape.input_size;
  const int64_t h = shape.hidden_size;
  const int64_t p = shape.output_size;
  for (size_t k = 0; k < GateFieldNames(shape.kind).size(); ++k) {
    GateSpec<Real> gate;
    gate.given = true;
    gate.input_weights = draw.Tensor<Real>({h, i});
    gate.recurrent_weights = draw.Tensor<Real>({h, p});
    if (!draw.OneIn(4)) gate.bias = draw.Tensor<Real>({h});
    if (variants) gate.activation = draw.AnyActivation();
    layer.gates.push_back(std::move(gate));
  }
  if (shape.kind == CellKind::kLstm) {
    if (variants && draw.OneIn(2)) {
      layer.has_peepholes = true;
      layer.forget_peephole = draw.Tensor<Real>({h});
      layer.input_peephole = draw.Tensor<Real>({h});
      layer.output_peephole = draw.Tensor<Real>({h});
    }
    if (p != h) layer.projection = draw.Tensor<Real>({p, h});
    if (variants) layer.memory_activation = draw.AnyActivation();
  }
  if (shape.kind == CellKind::kGruResetAfter && !draw.OneIn(4)) {
    layer.candidate_recurrent_bias = draw.Tensor<Real>({h});
  }
  return layer;
}

// A builder that was asked for something impossible is a mistake in a test.
template <class Real>
std::shared_ptr<const Model> MakeModel(ModelSpec<Real> spec, std::string id) {
  auto stack = BuildLayerStack(std::move(spec), ModelLimits{}, "model", {});
  if (!stack.ok()) {
    std::cerr << "model_builder: " << stack.status() << "\n";
    std::abort();
  }
  return std::make_shared<const Model>(std::move(id), "", *std::move(stack),
                                       absl::FromUnixSeconds(1'700'000'000));
}

}  // namespace

template <class Real>
ModelSpec<Real> HomeworkSpec() {
  LayerSpec<Real> layer;
  layer.kind = CellKind::kLstm;
  layer.gates = {ScalarGate<Real>(0, 0, -100), ScalarGate<Real>(0, 100, 100),
                 ScalarGate<Real>(0, 100, 0), ScalarGate<Real>(-100, 50, 0)};
  return {.layers = {layer}, .backward_layers = {}};
}

std::shared_ptr<const Model> HomeworkModel(Precision precision, std::string id) {
  if (precision == Precision::kFloat64) return MakeModel(HomeworkSpec<double>(), std::move(id));
  return MakeModel(HomeworkSpec<float>(), std::move(id));
}

template <class Real>
ModelSpec<Real> RandomSpec(uint64_t seed, const RandomModelOptions& options) {
  Draw draw(seed);
  ModelSpec<Real> spec;
  spec.weight_storage = options.weight_storage;
  const int64_t layer_count = options.layer_count > 0 ? options.layer_count : draw.Between(1, 3);
  int64_t input_size = draw.Between(1, options.max_size);
  for (int64_t k = 0; k < layer_count; ++k) {
    CellShape shape;
    shape.kind = options.kind.value_or(static_cast<CellKind>(draw.Between(0, 3)));
    shape.input_size = input_size;
    shape.hidden_size = draw.Between(1, options.max_size);
    shape.output_size = shape.hidden_size;
    if (shape.kind == CellKind::kLstm && options.variants && draw.OneIn(2)) {
      shape.output_size = draw.Between(1, shape.hidden_size);
    }
    spec.layers.push_back(RandomLayer<Real>(draw, shape, options.variants));
    if (options.bidirectional) {
      spec.backward_layers.push_back(RandomLayer<Real>(draw, shape, options.variants));
    }
    input_size = shape.output_size * (options.bidirectional ? 2 : 1);
  }
  return spec;
}

std::shared_ptr<const Model> RandomModel(uint64_t seed, const RandomModelOptions& options) {
  if (options.precision == Precision::kFloat64) {
    return MakeModel(RandomSpec<double>(seed, options), "");
  }
  return MakeModel(RandomSpec<float>(seed, options), "");
}

template <class Real>
std::vector<Real> RandomNumbers(uint64_t seed, int64_t count) {
  return Draw(seed).Numbers<Real>(count, 2);
}

template ModelSpec<float> HomeworkSpec();
template ModelSpec<double> HomeworkSpec();
template ModelSpec<float> RandomSpec(uint64_t, const RandomModelOptions&);
template ModelSpec<double> RandomSpec(uint64_t, const RandomModelOptions&);
template std::vector<float> RandomNumbers(uint64_t, int64_t);
template std::vector<double> RandomNumbers(uint64_t, int64_t);

}  // namespace cellar
