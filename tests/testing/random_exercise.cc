#include "tests/testing/random_exercise.h"

#include <cmath>
#include <numeric>
#include <random>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/grading/comparison.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

AnyNumbers NumbersIn(Precision precision, const std::vector<double>& values) {
  if (precision == Precision::kFloat64) return values;
  return std::vector<float>(values.begin(), values.end());
}

// By own rules: the distributions of <random> differ from library to library.
class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}

  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine_() % static_cast<uint64_t>(high - low + 1));
  }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  uint64_t Seed() { return engine_(); }

  // A multiple of a quarter between -bound and bound.
  double Number(int64_t bound) {
    return 0.25 * static_cast<double>(Between(-4 * bound, 4 * bound));
  }

 private:
  std::mt19937_64 engine_;
};

Numerics AnyNumerics(Draw& draw) {
  Numerics numerics;
  if (draw.OneIn(2)) numerics.precision = Precision::kFloat64;
  if (draw.OneIn(3)) numerics.activation_rule = ActivationRule::kSaturating;
  if (draw.OneIn(3)) numerics.rounding = Rounding::kNearestTiesToZero;
  if (draw.OneIn(2)) numerics.rounding_scope = RoundingScope::kFeedback;
  return numerics;
}

Comparison AnyComparison(Draw& draw, Quantity quantity, const Numerics& numerics) {
  Comparison comparison;
  switch (draw.Between(1, 5)) {
    case 1:
      comparison.absolute = 1e-4;
      return comparison;
    case 2:
      comparison.relative = 1e-3;
      return comparison;
    case 3:
      comparison.ulps = 16;
      return comparison;
    case 4:
      comparison.decimals = 3;
      return comparison;
    default:
      return DefaultComparison(quantity, numerics);
  }
}

template <class Real>
void Fill(GateSpec<Real>& gate, Real weights, Real bias) {
  for (Real& value : gate.input_weights.values) value = weights;
  for (Real& value : gate.recurrent_weights.values) value = weights;
  for (Real& value : gate.bias.values) value = bias;
}

// Gates that are open, shut or one half, so that h is a multiple of a half: only then do rules of
// rounding differ in their ties.
template <class Real>
void MakeCoarse(Draw& draw, LayerSpec<Real>& layer) {
  switch (*layer.kind) {
    case CellKind::kLstm:
      for (GateSpec<Real>& gate : layer.gates) gate.activation.reset();
      layer.has_peepholes = false;
      Fill<Real>(layer.gates[0], 0, draw.OneIn(2) ? 3 : -3);
      Fill<Real>(layer.gates[1], 0, 3);
      Fill<Real>(layer.gates[2], 0, 0);
      layer.memory_activation = draw.OneIn(2) ? Activation::kIdentity : Activation::kTanh;
      for (auto* tensor : {&layer.gates[3].input_weights, &layer.gates[3].recurrent_weights}) {
        for (Real& value : tensor->values) value *= 8;
      }
      return;
    case CellKind::kGruResetBefore:
    case CellKind::kGruResetAfter:
      Fill<Real>(layer.gates[0], 0, 0);
      return;
    case CellKind::kRnn:
      for (auto* tensor : {&layer.gates[0].input_weights, &layer.gates[0].recurrent_weights,
                           &layer.gates[0].bias}) {
        for (Real& value : tensor->values) value = std::round(2 * value);
      }
      layer.gates[0].activation = draw.OneIn(2) ? Activation::kRelu : Activation::kIdentity;
      return;
  }
}

// Weights large enough to be seen behind rounding, and layers that can be exchanged sometimes.
template <class Real>
std::shared_ptr<const Model> AnyModel(Draw& draw, bool coarse) {
  RandomModelOptions options;
  options.layer_count = draw.OneIn(2) ? 1 : draw.Between(2, 3);
  options.max_size = draw.Between(1, 3);
  options.variants = draw.OneIn(2);
  ModelSpec<Real> spec = RandomSpec<Real>(draw.Seed(), options);
  const int64_t scale = draw.Between(1, 3);
  for (LayerSpec<Real>& layer : spec.layers) {
    for (GateSpec<Real>& gate : layer.gates) {
      for (auto* tensor : {&gate.input_weights, &gate.recurrent_weights, &gate.bias}) {
        for (Real& value : tensor->values) value *= static_cast<Real>(scale);
      }
    }
  }
  if (draw.OneIn(3) && spec.layers.size() > 1) {
    // The lowest layer may take more inputs than its h has; the ones above never do.
    spec.layers.erase(spec.layers.begin());
    LayerSpec<Real> twin = spec.layers.back();
    for (GateSpec<Real>& gate : twin.gates) std::swap(gate.input_weights, gate.recurrent_weights);
    const GateSpec<Real>& gate = twin.gates.front();
    const bool fits = gate.input_weights.shape == gate.recurrent_weights.shape;
    if (fits) spec.layers.push_back(std::move(twin));
  }
  for (LayerSpec<Real>& layer : spec.layers) {
    if (coarse) MakeCoarse(draw, layer);
  }
  auto stack = BuildLayerStack(std::move(spec), ModelLimits{}, "model", {});
  return std::make_shared<const Model>("random", "", *std::move(stack), absl::UnixEpoch());
}

template <class Real>
AnyStackState AnyState(Draw& draw, const Model& model) {
  auto state = std::get<StackState<Real>>(ZeroStackState(model, PrecisionOf<Real>()));
  for (CellState<Real>& layer : state.layers) {
    for (Real& value : layer.h) value = static_cast<Real>(draw.Number(1));
    for (Real& value : layer.c) value = static_cast<Real>(draw.Number(2));
  }
  return state;
}

Question AskEverything(const Exercise& exercise, int64_t sequence, int64_t layer,
                       Quantity quantity) {
  Question question;
  question.id = absl::StrCat(exercise.questions.size() + 1);
  question.sequence = sequence;
  question.layer = layer;
  question.quantity = quantity;
  question.steps = UpTo(exercise.sequences[sequence].step_count);
  question.elements = UpTo(QuantityLength(exercise.model->shapes()[layer], quantity));
  question.comparison = DefaultComparison(quantity, exercise.numerics);
  return question;
}

}  // namespace

Exercise RandomExercise(uint64_t seed) {
  Draw draw(seed);
  Exercise exercise;
  exercise.numerics = AnyNumerics(draw);
  const bool coarse = draw.OneIn(4);
  if (coarse) {
    exercise.numerics.activation_rule = ActivationRule::kSaturating;
    exercise.numerics.rounding = Rounding::kNearestTiesToZero;
  }
  const bool wide = exercise.numerics.precision == Precision::kFloat64;
  exercise.model = wide ? AnyModel<double>(draw, coarse) : AnyModel<float>(draw, coarse);
  const Model& model = *exercise.model;
  const int64_t sequence_count = draw.Between(1, 2);
  for (int64_t s = 0; s < sequence_count; ++s) {
    const int64_t step_count = draw.Between(3, 8);
    std::vector<double> inputs;
    for (int64_t k = 0; k < step_count * model.input_size(); ++k) inputs.push_back(draw.Number(2));
    AnyStackState state = ZeroStackState(model, exercise.numerics.precision);
    if (draw.OneIn(2)) state = wide ? AnyState<double>(draw, model) : AnyState<float>(draw, model);
    exercise.sequences.push_back({NumbersIn(exercise.numerics.precision, inputs), step_count,
                                  std::make_shared<const AnyStackState>(std::move(state))});
  }
  const int64_t question_count = draw.Between(1, 3);
  while (static_cast<int64_t>(exercise.questions.size()) < question_count) {
    const int64_t layer = draw.Between(0, static_cast<int64_t>(model.shapes().size()) - 1);
    const auto quantity = draw.OneIn(2) ? Quantity::kH : static_cast<Quantity>(draw.Between(0, 7));
    if (QuantityLength(model.shapes()[layer], quantity) == 0) continue;
    Question question =
        AskEverything(exercise, draw.Between(0, sequence_count - 1), layer, quantity);
    if (draw.OneIn(4)) question.steps.erase(question.steps.begin());
    if (draw.OneIn(4) && question.elements.size() > 1) question.elements.pop_back();
    question.comparison = AnyComparison(draw, quantity, exercise.numerics);
    exercise.questions.push_back(std::move(question));
  }
  return exercise;
}

Answer AnswerOf(const Exercise& exercise, const std::vector<double>& values) {
  Answer answer;
  auto next = values.begin();
  for (const Question& question : exercise.questions) {
    answer.emplace_back(std::vector<double>(next, next + question.value_count()));
    next += question.value_count();
  }
  return answer;
}

}  // namespace cellar
