// Longer than 400 lines: each rule of a model has its own short test, and they share one set of
// specs.

#include "server/model/model_validation.h"

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "server/model/cell_fields.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr int64_t kMostUnits = std::numeric_limits<int64_t>::max();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

absl::StatusOr<LayerStack<float>> Build(ModelSpec<float> spec, const ModelLimits& limits = {}) {
  return BuildLayerStack(std::move(spec), limits, "model", {});
}

FieldViolations ViolationsOf(ModelSpec<float> spec) {
  const absl::Status status = Build(std::move(spec)).status();
  EXPECT_EQ(GetErrorReason(status), "BAD_REQUEST") << status;
  const auto detail = GetErrorDetail(status);
  return detail.has_value() ? detail->violations : FieldViolations();
}

auto At(const std::string& field, const std::string& description) {
  return AllOf(Field("field", &FieldViolation::field, "model." + field),
               Field("description", &FieldViolation::description, HasSubstr(description)));
}

GateSpec<float> Gate(int64_t h, int64_t i, int64_t p) {
  return {.given = true,
          .input_weights = GivenTensor(std::vector<float>(h * i, 1), {h, i}),
          .recurrent_weights = GivenTensor(std::vector<float>(h * p, 2), {h, p}),
          .bias = GivenTensor(std::vector<float>(h, 3), {h})};
}

LayerSpec<float> Layer(CellKind kind, int64_t h, int64_t i) {
  LayerSpec<float> layer;
  layer.kind = kind;
  layer.gates.assign(GateFieldNames(kind).size(), Gate(h, i, h));
  return layer;
}

LayerSpec<float> ProjectedLstm(int64_t h, int64_t i, int64_t p) {
  LayerSpec<float> layer;
  layer.kind = CellKind::kLstm;
  layer.gates.assign(4, Gate(h, i, p));
  layer.projection = GivenTensor(std::vector<float>(p * h, 4), {p, h});
  return layer;
}

ModelSpec<float> OneLayer(LayerSpec<float> layer) {
  return {.layers = {std::move(layer)}, .backward_layers = {}};
}

void ForgetShapes(LayerSpec<float>& layer) {
  for (GateSpec<float>& gate : layer.gates) {
    gate.input_weights.shape.clear();
    gate.recurrent_weights.shape.clear();
    gate.bias.shape.clear();
  }
  layer.projection.shape.clear();
}

TEST(BuildLayerStack, TakesTheHomeworkTypedWithoutShapes) {
  const auto stack = Build(HomeworkSpec<float>());
  ASSERT_TRUE(stack.ok()) << stack.status();
  const auto& lstm = std::get<LstmWeights<float>>(stack->layers.at(0));
  EXPECT_EQ(lstm.shape, (CellShape{CellKind::kLstm, 1, 1, 1}));
  EXPECT_THAT(lstm.forget_gate.bias, ElementsAre(-100));
  EXPECT_THAT(lstm.input_gate.input, ElementsAre(100));
  EXPECT_THAT(lstm.candidate.recurrent, ElementsAre(-100));
  EXPECT_EQ(lstm.forget_gate.activation, Activation::kSigmoid);
  EXPECT_EQ(lstm.candidate.activation, Activation::kTanh);
  EXPECT_EQ(lstm.memory_activation, Activation::kTanh);
}

TEST(BuildLayerStack, TheOnlyBiasOfAScalarCellIsBlamedForItsLength) {
  ModelSpec<float> spec = HomeworkSpec<float>();
  for (GateSpec<float>& gate : spec.layers[0].gates) gate.bias = {};
  spec.layers[0].gates[0].bias = GivenTensor<float>({1, 2});
  EXPECT_THAT(ViolationsOf(spec), ElementsAre(At("layers[0].lstm.forget_gate.bias",
                                                 "number of elements is 2; must be 1")));
}

TEST(BuildLayerStack, PutsEveryTensorInItsPlace) {
  for (CellKind kind :
       {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    SCOPED_TRACE(CellFieldName(kind));
    LayerSpec<float> layer = Layer(kind, 1, 1);
    float next = 1;
    for (size_t k = 0; k < layer.gates.size(); ++k) {
      layer.gates[k].input_weights.values = {next++};
      layer.gates[k].recurrent_weights.values = {next++};
      layer.gates[k].bias.values = {next++};
      layer.gates[k].activation = static_cast<Activation>(4 - k);
    }
    const auto stack = Build(OneLayer(layer));
    ASSERT_TRUE(stack.ok()) << stack.status();
    std::visit(
        [&](const auto& cell) {
          EXPECT_EQ(cell.shape.kind, kind);
          float expected = 1;
          size_t k = 0;
          for (const auto* gate : GatesOf(cell)) {
            EXPECT_THAT(gate->input, ElementsAre(expected));
            EXPECT_THAT(gate->recurrent, ElementsAre(expected + 1));
            EXPECT_THAT(gate->bias, ElementsAre(expected + 2));
            EXPECT_EQ(gate->activation, static_cast<Activation>(4 - k++));
            expected += 3;
          }
        },
        stack->layers[0]);
  }
}

TEST(BuildLayerStack, TakesPeepholesProjectionAndMemoryActivation) {
  LayerSpec<float> layer = ProjectedLstm(2, 1, 1);
  layer.has_peepholes = true;
  layer.forget_peephole = GivenTensor<float>({1, 2});
  layer.input_peephole = GivenTensor<float>({3, 4}, {2});
  layer.output_peephole = GivenTensor<float>({5, 6});
  layer.projection.values = {7, 8};
  layer.memory_activation = Activation::kIdentity;
  const auto stack = Build(OneLayer(layer));
  ASSERT_TRUE(stack.ok()) << stack.status();
  const auto& lstm = std::get<LstmWeights<float>>(stack->layers[0]);
  EXPECT_EQ(lstm.shape, (CellShape{CellKind::kLstm, 1, 2, 1}));
  EXPECT_THAT(lstm.forget_peephole, ElementsAre(1, 2));
  EXPECT_THAT(lstm.input_peephole, ElementsAre(3, 4));
  EXPECT_THAT(lstm.output_peephole, ElementsAre(5, 6));
  EXPECT_THAT(lstm.projection, ElementsAre(7, 8));
  EXPECT_EQ(lstm.memory_activation, Activation::kIdentity);
}

TEST(BuildLayerStack, FillsBiasesThatAreNotGivenWithZeros) {
  LayerSpec<float> layer = Layer(CellKind::kGruResetAfter, 2, 3);
  layer.gates[1].bias = {};
  const auto stack = Build(OneLayer(layer));
  ASSERT_TRUE(stack.ok()) << stack.status();
  const auto& gru = std::get<GruResetAfterWeights<float>>(stack->layers[0]);
  EXPECT_THAT(gru.update_gate.bias, ElementsAre(3, 3));
  EXPECT_THAT(gru.reset_gate.bias, ElementsAre(0, 0));
  EXPECT_THAT(gru.candidate_recurrent_bias, ElementsAre(0, 0));
}

// Each case leaves out what the others tell.
TEST(BuildLayerStack, InfersSizesFromWhateverIsGiven) {
  const auto expect_sizes = [](const char* what, LayerSpec<float> layer, const CellShape& shape) {
    const auto stack = Build(OneLayer(std::move(layer)));
    ASSERT_TRUE(stack.ok()) << what << ": " << stack.status();
    EXPECT_EQ(ShapeOf(stack->layers[0]), shape) << what;
  };
  LayerSpec<float> layer = Layer(CellKind::kLstm, 2, 3);
  ForgetShapes(layer);
  expect_sizes("biases", layer, {CellKind::kLstm, 3, 2, 2});
  for (GateSpec<float>& gate : layer.gates) gate.bias = {};
  expect_sizes("squares", layer, {CellKind::kLstm, 3, 2, 2});

  layer = ProjectedLstm(4, 3, 2);
  ForgetShapes(layer);
  expect_sizes("a bias and a projection", layer, {CellKind::kLstm, 3, 4, 2});
  for (GateSpec<float>& gate : layer.gates) gate.bias = {};
  layer.gates[3].input_weights.shape = {4, 3};
  expect_sizes("one shape", layer, {CellKind::kLstm, 3, 4, 2});
  layer.gates[3].input_weights.shape.clear();
  layer.projection.shape = {2, 4};
  expect_sizes("the projection's shape", layer, {CellKind::kLstm, 3, 4, 2});
}

TEST(BuildLayerStack, InfersTheInputSizeFromTheLayerBelow) {
  ModelSpec<float> spec = {.layers = {ProjectedLstm(4, 3, 2), ProjectedLstm(5, 2, 1)},
                           .backward_layers = {}};
  ForgetShapes(spec.layers[1]);
  for (GateSpec<float>& gate : spec.layers[1].gates) gate.bias = {};
  const auto stack = Build(spec);
  ASSERT_TRUE(stack.ok()) << stack.status();
  EXPECT_EQ(ShapeOf(stack->layers[1]), (CellShape{CellKind::kLstm, 2, 5, 1}));
}

TEST(BuildLayerStack, InfersBackwardLayersFromTheirCounterparts) {
  ModelSpec<float> spec = {.layers = {ProjectedLstm(6, 2, 3)},
                           .backward_layers = {ProjectedLstm(6, 2, 3)}};
  ForgetShapes(spec.backward_layers[0]);
  for (GateSpec<float>& gate : spec.backward_layers[0].gates) gate.bias = {};
  const auto stack = Build(spec);
  ASSERT_TRUE(stack.ok()) << stack.status();
  EXPECT_EQ(ShapeOf(stack->backward_layers.at(0)), (CellShape{CellKind::kLstm, 2, 6, 3}));
}

TEST(BuildLayerStack, FeedsBothDirectionsToTheNextLayer) {
  ModelSpec<float> spec = {
      .layers = {Layer(CellKind::kRnn, 2, 3), Layer(CellKind::kLstm, 4, 4)},
      .backward_layers = {Layer(CellKind::kGruResetAfter, 2, 3), Layer(CellKind::kLstm, 4, 4)}};
  EXPECT_TRUE(Build(spec).ok()) << Build(spec).status();
  spec.backward_layers.clear();
  EXPECT_THAT(ViolationsOf(spec),
              ElementsAre(At("layers[1].lstm", "input size I is 4; must be 2")));
}

TEST(BuildLayerStack, AcceptsEveryRandomModel) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const auto status = Build(RandomSpec<float>(seed, {.bidirectional = seed % 3 == 0})).status();
    ASSERT_TRUE(status.ok()) << status;
  }
}

TEST(BuildLayerStack, RefusesAModelWithoutLayers) {
  EXPECT_THAT(ViolationsOf({}), ElementsAre(At("layers", "is empty")));
}

TEST(BuildLayerStack, RefusesALayerWithoutACell) {
  EXPECT_THAT(ViolationsOf({.layers = {Layer(CellKind::kRnn, 1, 1), {}}, .backward_layers = {}}),
              ElementsAre(At("layers[1].cell", "is missing")));
}

TEST(BuildLayerStack, RefusesMissingGatesAndTensors) {
  LayerSpec<float> layer = Layer(CellKind::kLstm, 2, 3);
  layer.gates[0].given = false;
  layer.gates[1].input_weights = {};
  layer.gates[2].recurrent_weights = {};
  layer.has_peepholes = true;
  layer.input_peephole = GivenTensor<float>({1, 2});
  EXPECT_THAT(
      ViolationsOf(OneLayer(layer)),
      UnorderedElementsAre(
          At("layers[0].lstm.forget_gate",
             "input_weights of shape [2, 3] and recurrent_weights of shape [2, 2]"),
          At("layers[0].lstm.input_gate.input_weights",
             "is missing; must be a tensor of shape "
             "[2, 3]"),
          At("layers[0].lstm.output_gate.recurrent_weights", "[2, 2]"),
          At("layers[0].lstm.peepholes.forget_gate", "is missing; must be a tensor of shape [2]"),
          At("layers[0].lstm.peepholes.output_gate", "[2]")));
}

TEST(BuildLayerStack, RefusesAnEmptyCellWithOneViolationAGate) {
  LayerSpec<float> layer;
  layer.kind = CellKind::kGruResetAfter;
  EXPECT_THAT(ViolationsOf(OneLayer(layer)),
              ElementsAre(At("layers[0].gru_reset_after.update_gate", "[H, I]"),
                          At("layers[0].gru_reset_after.reset_gate", "[H, H]"),
                          At("layers[0].gru_reset_after.candidate", "is missing")));
}

// One wrong tensor among good ones gets the complaint, whichever it is.
TEST(BuildLayerStack, BlamesTheTensorThatDisagrees) {
  for (size_t gate = 0; gate < 4; ++gate) {
    const std::string path = std::string("layers[0].lstm.") + GateFieldNames(CellKind::kLstm)[gate];
    SCOPED_TRACE(path);
    ModelSpec<float> spec = OneLayer(Layer(CellKind::kLstm, 2, 3));
    spec.layers[0].gates[gate].input_weights = GivenTensor(std::vector<float>(8, 1), {2, 4});
    EXPECT_THAT(ViolationsOf(spec),
                ElementsAre(At(path + ".input_weights", "has shape [2, 4]; must have [2, 3]")));

    spec = OneLayer(Layer(CellKind::kLstm, 2, 3));
    spec.layers[0].gates[gate].recurrent_weights = GivenTensor<float>({1, 2, 3});
    EXPECT_THAT(ViolationsOf(spec),
                ElementsAre(At(path + ".recurrent_weights", "number of elements is 3; must be 4")));

    spec = OneLayer(Layer(CellKind::kLstm, 2, 3));
    spec.layers[0].gates[gate].bias = GivenTensor<float>({1, 2, 3}, {3});
    EXPECT_THAT(ViolationsOf(spec),
                ElementsAre(At(path + ".bias", "has shape [3]; must have [2]")));

    spec = OneLayer(Layer(CellKind::kLstm, 2, 3));
    spec.layers[0].gates[gate].bias.shape = {1, 2};
    EXPECT_THAT(ViolationsOf(spec),
                ElementsAre(At(path + ".bias", "has shape [1, 2]; must have [2]")));
  }
}

TEST(BuildLayerStack, TakesAScalarInItsFullShapeOnly) {
  ModelSpec<float> spec = HomeworkSpec<float>();
  spec.layers[0].gates[0].input_weights.shape = {1, 1};
  EXPECT_TRUE(Build(spec).ok());
  spec.layers[0].gates[0].input_weights.shape = {1};
  EXPECT_THAT(ViolationsOf(spec), ElementsAre(At("layers[0].lstm.forget_gate.input_weights",
                                                 "has shape [1]; must have [1, 1]")));
}

TEST(BuildLayerStack, RefusesAProjectionThatEnlarges) {
  EXPECT_THAT(ViolationsOf(OneLayer(ProjectedLstm(2, 1, 3))),
              ElementsAre(At("layers[0].lstm.projection", "output size P is 3; must be at most")));
}

TEST(BuildLayerStack, RefusesSizesThatCannotBeTold) {
  LayerSpec<float> layer = Layer(CellKind::kRnn, 2, 3);
  ForgetShapes(layer);
  layer.gates[0].bias = {};
  layer.gates[0].recurrent_weights = GivenTensor<float>({1, 2, 3});
  EXPECT_THAT(ViolationsOf(OneLayer(layer)),
              ElementsAre(At("layers[0].rnn", "hidden size H cannot be told")));

  layer.gates[0].recurrent_weights = GivenTensor<float>({1, 2, 3, 4});
  layer.gates[0].input_weights = GivenTensor<float>({1, 2, 3});
  EXPECT_THAT(ViolationsOf(OneLayer(layer)),
              ElementsAre(At("layers[0].rnn", "input size I cannot be told")));
}

TEST(BuildLayerStack, RefusesALayerThatDoesNotFitTheOneBelow) {
  ModelSpec<float> spec = {
      .layers = {Layer(CellKind::kRnn, 2, 3), Layer(CellKind::kGruResetBefore, 4, 3)},
      .backward_layers = {}};
  EXPECT_THAT(ViolationsOf(spec),
              ElementsAre(At("layers[1].gru_reset_before", "input size I is 3; must be 2")));
  ForgetShapes(spec.layers[1]);
  EXPECT_THAT(ViolationsOf(spec),
              ElementsAre(At("layers[1].gru_reset_before", "input size I is 3; must be 2")));
}

TEST(BuildLayerStack, RefusesBackwardLayersUnlikeTheirCounterparts) {
  ModelSpec<float> spec = {.layers = {Layer(CellKind::kLstm, 2, 3)},
                           .backward_layers = {Layer(CellKind::kLstm, 4, 5)}};
  EXPECT_THAT(ViolationsOf(spec),
              ElementsAre(At("backward_layers[0].lstm",
                             "input size I is 5; must be 3, as in model.layers[0]"),
                          At("backward_layers[0].lstm", "hidden size H is 4; must be 2"),
                          At("backward_layers[0].lstm", "output size P is 4; must be 2")));
  spec.backward_layers = {Layer(CellKind::kLstm, 2, 3), Layer(CellKind::kLstm, 2, 4)};
  EXPECT_THAT(ViolationsOf(spec),
              ElementsAre(At("backward_layers", "number of layers is 2; must be 1")));
}

TEST(BuildLayerStack, CountsWeightsThatAreNotFinite) {
  LayerSpec<float> layer = Layer(CellKind::kRnn, 2, 3);
  layer.gates[0].input_weights.values = {1, 2, kNan, 4, kInf, 6};
  layer.gates[0].bias.values = {1, -kInf};
  EXPECT_THAT(
      ViolationsOf(OneLayer(layer)),
      ElementsAre(
          At("layers[0].rnn.hidden.input_weights", "not finite is 2, the first is nan at index 2"),
          At("layers[0].rnn.hidden.bias", "not finite is 1, the first is -inf at index 1")));
}

TEST(BuildLayerStack, ReportsEverythingAtOnceTogetherWithWhatWasFoundBefore) {
  ModelSpec<float> spec = {
      .layers = {Layer(CellKind::kLstm, 2, 3), {}, Layer(CellKind::kRnn, 2, 2)},
      .backward_layers = {}};
  spec.layers[0].gates[0].bias.values[1] = kNan;
  spec.layers[0].gates[3].input_weights.shape = {3, 2};
  spec.layers[2].gates[0].given = false;
  const auto stack = BuildLayerStack(std::move(spec), ModelLimits{}, "model",
                                     {{"model.display_name", "is too long"}});
  EXPECT_THAT(
      GetErrorDetail(stack.status())->violations,
      ElementsAre(At("display_name", "is too long"), At("layers[0].lstm.forget_gate.bias", "nan"),
                  At("layers[0].lstm.candidate.input_weights", "[3, 2]"),
                  At("layers[1].cell", "is missing"), At("layers[2].rnn.hidden", "is missing")));
}

TEST(BuildLayerStack, RefusesAGoodModelWithAnEarlierViolation) {
  const auto stack =
      BuildLayerStack(HomeworkSpec<float>(), ModelLimits{}, "model", {{"model_id", "is wrong"}});
  EXPECT_EQ(GetErrorDetail(stack.status())->violations,
            (FieldViolations{{"model_id", "is wrong"}}));
}

TEST(BuildLayerStack, SaysNothingMoreOfBrokenTensors) {
  LayerSpec<float> layer = Layer(CellKind::kRnn, 2, 3);
  layer.gates[0].bias = {.given = true, .broken = true, .shape = {7}, .values = {kNan}};
  const auto stack = BuildLayerStack(OneLayer(layer), ModelLimits{}, "", {{"bias", "is broken"}});
  EXPECT_EQ(GetErrorDetail(stack.status())->violations, (FieldViolations{{"bias", "is broken"}}));
}

TEST(BuildLayerStack, TellsHowManyViolationsItLeavesOut) {
  LayerSpec<float> layer = Layer(CellKind::kLstm, 1, 1);
  for (GateSpec<float>& gate : layer.gates) gate.bias.values[0] = kNan;
  ModelSpec<float> spec;
  spec.layers.assign(25, layer);
  EXPECT_EQ(ViolationsOf(spec).size(), 100u);
  spec.layers.push_back(layer);
  const FieldViolations violations = ViolationsOf(spec);
  ASSERT_EQ(violations.size(), 101u);
  EXPECT_EQ(violations.back().field, "model");
  EXPECT_THAT(violations.back().description, HasSubstr("4 more"));
}

TEST(BuildLayerStack, BeginsPathsWithThePathGiven) {
  EXPECT_EQ(
      GetErrorDetail(BuildLayerStack(ModelSpec<float>(), {}, "", {}).status())->violations[0].field,
      "layers");
  EXPECT_EQ(GetErrorDetail(BuildLayerStack(ModelSpec<float>(), {}, "inline_model", {}).status())
                ->violations[0]
                .field,
            "inline_model.layers");
}

TEST(BuildLayerStack, SurvivesAbsurdShapes) {
  const std::vector<std::vector<int64_t>> shapes = {{0, 0},
                                                    {-1, -6},
                                                    {kMostUnits, kMostUnits},
                                                    {kMostUnits, 1},
                                                    {1, kMostUnits},
                                                    {std::numeric_limits<int64_t>::min(), 3},
                                                    {1, 2, 3},
                                                    {},
                                                    std::vector<int64_t>(10, 1),
                                                    {int64_t{1} << 32, int64_t{1} << 32}};
  for (const auto& shape : shapes) {
    ModelSpec<float> spec = {
        .layers = {Layer(CellKind::kRnn, 2, 3), Layer(CellKind::kRnn, 2, 2)},
        .backward_layers = {Layer(CellKind::kRnn, 2, 3), Layer(CellKind::kRnn, 2, 2)}};
    for (auto* layers : {&spec.layers, &spec.backward_layers}) {
      for (LayerSpec<float>& layer : *layers) {
        layer.gates[0].input_weights.shape = shape;
        layer.gates[0].recurrent_weights.shape = shape;
        layer.gates[0].bias.shape = shape;
      }
    }
    EXPECT_FALSE(ViolationsOf(spec).empty());
  }
}

TEST(BuildLayerStack, RoundsWhatIsToBeStoredAsBfloat16) {
  ModelSpec<float> spec = OneLayer(ProjectedLstm(2, 3, 1));
  spec.layers[0].projection.values[1] = 0.1F;
  EXPECT_EQ(std::get<LstmWeights<float>>(Build(spec)->layers[0]).projection[1], 0.1F);
  spec.weight_storage = WeightStorage::kBfloat16;
  const auto stack = Build(spec);
  ASSERT_TRUE(stack.ok()) << stack.status();
  EXPECT_EQ(stack->weight_storage, WeightStorage::kBfloat16);
  EXPECT_EQ(std::get<LstmWeights<float>>(stack->layers[0]).projection[1], 0.10009765625F);
}

TEST(BuildLayerStack, RefusesWeightsThatBfloat16CannotHold) {
  constexpr float kTooLarge = 0x1.FFp127F;
  ModelSpec<float> spec = OneLayer(Layer(CellKind::kRnn, 2, 2));
  GateSpec<float>& gate = spec.layers[0].gates[0];
  gate.input_weights.values = {1, std::nextafter(kTooLarge, 0.0F), -kTooLarge, kTooLarge};
  gate.recurrent_weights.values[1] = kInf;
  gate.bias.values[0] = kTooLarge;
  spec.weight_storage = WeightStorage::kBfloat16;
  EXPECT_THAT(
      ViolationsOf(spec),
      UnorderedElementsAre(
          At("layers[0].rnn.hidden.input_weights", "number of elements beyond bfloat16 is 2"),
          At("layers[0].rnn.hidden.recurrent_weights", "not finite is 1")));
  gate.recurrent_weights.values[1] = 1;
  spec.weight_storage = WeightStorage::kFull;
  EXPECT_TRUE(Build(spec).ok());
}

TEST(BuildLayerStack, RefusesFloat64StoredAsBfloat16) {
  ModelSpec<double> spec = HomeworkSpec<double>();
  spec.weight_storage = WeightStorage::kBfloat16;
  const absl::Status status = BuildLayerStack(std::move(spec), ModelLimits{}, "model", {}).status();
  ASSERT_TRUE(GetErrorDetail(status).has_value()) << status;
  EXPECT_THAT(GetErrorDetail(status)->violations,
              ElementsAre(At("weight_storage",
                             "is WEIGHT_STORAGE_BFLOAT16 (2), but the precision "
                             "is FLOAT64; must be WEIGHT_STORAGE_FULL (1)")));
}

TEST(BuildLayerStack, SurvivesTooFewGates) {
  LayerSpec<float> layer = Layer(CellKind::kLstm, 1, 1);
  layer.gates.resize(2);
  EXPECT_EQ(ViolationsOf(OneLayer(layer)).size(), 2u);
}

std::vector<std::pair<std::string, std::string>> SizeLimitOf(ModelSpec<float> spec,
                                                             const ModelLimits& limits) {
  const absl::Status status = Build(std::move(spec), limits).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_SIZE_LIMIT") << status;
  const auto detail = GetErrorDetail(status);
  if (!detail.has_value()) return {};
  return detail->metadata;
}

std::vector<std::pair<std::string, std::string>> SizeLimit(std::string field, int64_t value,
                                                           int64_t limit) {
  return {{"field", std::move(field)},
          {"value", std::to_string(value)},
          {"limit", std::to_string(limit)}};
}

TEST(BuildLayerStack, RefusesModelsThatAreTooLarge) {
  const ModelSpec<float> spec = {
      .layers = {Layer(CellKind::kRnn, 2, 5), Layer(CellKind::kRnn, 3, 2)}, .backward_layers = {}};
  const int64_t parameters = 2 * 5 + 2 * 2 + 2 + 3 * 2 + 3 * 3 + 3;
  EXPECT_TRUE(
      Build(spec, {.max_layers = 2, .max_hidden_size = 5, .max_parameters = parameters}).ok());
  EXPECT_EQ(SizeLimitOf(spec, {.max_layers = 1}), SizeLimit("model.layers", 2, 1));
  EXPECT_EQ(SizeLimitOf(spec, {.max_hidden_size = 4}),
            SizeLimit("model.layers[0].input_size", 5, 4));
  EXPECT_EQ(SizeLimitOf({{Layer(CellKind::kRnn, 6, 5)}, {}}, {.max_hidden_size = 5}),
            SizeLimit("model.layers[0].hidden_size", 6, 5));
  EXPECT_EQ(SizeLimitOf(spec, {.max_parameters = parameters - 1}),
            SizeLimit("model.parameter_count", parameters, parameters - 1));
}

TEST(BuildLayerStack, CountsTheParametersOfBothDirections) {
  const ModelSpec<float> spec = {.layers = {Layer(CellKind::kRnn, 2, 5)},
                                 .backward_layers = {Layer(CellKind::kRnn, 2, 5)}};
  EXPECT_TRUE(Build(spec, {.max_parameters = 32}).ok());
  EXPECT_EQ(SizeLimitOf(spec, {.max_parameters = 31}), SizeLimit("model.parameter_count", 32, 31));
}

TEST(BuildLayerStack, ReportsViolationsBeforeSizes) {
  ModelSpec<float> spec = {.layers = {Layer(CellKind::kRnn, 2, 5), {}}, .backward_layers = {}};
  EXPECT_EQ(GetErrorReason(Build(spec, {.max_layers = 1}).status()), "BAD_REQUEST");
}

}  // namespace
}  // namespace cellar
