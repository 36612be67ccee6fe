#include "server/model/model.h"

#include <cmath>
#include <limits>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/model/cell_fields.h"
#include "server/model/model_validation.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kTime = absl::FromUnixSeconds(1'700'000'000);

template <class Real>
std::shared_ptr<const Model> Make(ModelSpec<Real> spec, std::string display_name = "") {
  return std::make_shared<const Model>(
      "m", std::move(display_name),
      BuildLayerStack(std::move(spec), ModelLimits{}, "model", {}).value(), kTime);
}

// Digests made by another program from the canonical form as model.cc describes it.
TEST(Model, DigestIsTheHashOfTheCanonicalForm) {
  EXPECT_EQ(HomeworkModel(Precision::kFloat32)->digest(),
            "2799c3b914bb3b7f8d5c9da24680b6f6fba493356ac831e7a15d5466c95e72f8");
  EXPECT_EQ(HomeworkModel(Precision::kFloat64)->digest(),
            "07d9d6b71eeb362636d80d248c9f410f00045a77b6f94b3a9c748bfd29c201fb");
  ModelSpec<float> spec = HomeworkSpec<float>();
  spec.weight_storage = WeightStorage::kBfloat16;
  EXPECT_EQ(Make(std::move(spec))->digest(),
            "bac27fd646a1f2d3a0b2f9f0fb0d87af46ab554ba609aca48d36a1dd4c984dd7");
}

// One that is hashed while it is packed.
TEST(Model, DigestOfALargeModelIsThatHashToo) {
  constexpr int64_t kSize = 800;
  GateSpec<float> gate{.given = true};
  gate.input_weights.given = gate.recurrent_weights.given = true;
  for (int64_t k = 0; k < kSize * kSize; ++k) {
    gate.input_weights.values.push_back(static_cast<float>(k % 7 - 3));
    gate.recurrent_weights.values.push_back(static_cast<float>(k % 5 - 2));
  }
  LayerSpec<float> layer{.kind = CellKind::kRnn};
  layer.gates.push_back(std::move(gate));
  EXPECT_EQ(Make<float>({{std::move(layer)}, {}})->digest(),
            "d414de342fb07503a61ad454a69604a538c525162b05994c7ff37e30233dad96");
}

TEST(Model, TakesTheNameGivenOrMakesOneFromTheDigest) {
  EXPECT_EQ(HomeworkModel(Precision::kFloat32, "mine")->name(), "models/mine");
  EXPECT_EQ(HomeworkModel(Precision::kFloat32, "")->name(), "models/m-2799c3b914bb3b7f8d5c");
}

TEST(Model, NamesTitlesAndTimesAreNoPartOfTheDigest) {
  const auto first = Make(HomeworkSpec<float>(), "a title");
  EXPECT_EQ(first->display_name(), "a title");
  EXPECT_EQ(first->create_time(), kTime);
  EXPECT_EQ(first->digest(), HomeworkModel()->digest());
}

// Each way of writing the same model down.
TEST(Model, WhatIsLeftOutIsPartOfTheDigestAsWhatItStandsFor) {
  ModelSpec<float> spec = HomeworkSpec<float>();
  spec.layers[0].gates[2].bias = {};  // was zero
  spec.layers[0].gates[0].activation = Activation::kSigmoid;
  spec.layers[0].memory_activation = Activation::kTanh;
  spec.layers[0].gates[1].input_weights.shape = {1, 1};
  EXPECT_EQ(Make(spec)->digest(), HomeworkModel()->digest());
}

TEST(Model, EveryPartOfTheArithmeticChangesTheDigest) {
  std::set<std::string> digests = {HomeworkModel()->digest()};
  const auto expect_new = [&digests](const char* what, auto change) {
    ModelSpec<float> spec = HomeworkSpec<float>();
    change(spec.layers[0]);
    EXPECT_TRUE(digests.insert(Make(std::move(spec))->digest()).second) << what;
  };
  using Layer = LayerSpec<float>;
  for (size_t gate = 0; gate < 4; ++gate) {
    expect_new("W", [=](Layer& layer) { layer.gates[gate].input_weights.values[0] = 3; });
    expect_new("U", [=](Layer& layer) { layer.gates[gate].recurrent_weights.values[0] = 3; });
    expect_new("b", [=](Layer& layer) { layer.gates[gate].bias.values[0] = 3; });
    expect_new("f", [=](Layer& layer) { layer.gates[gate].activation = Activation::kRelu; });
    expect_new("f", [=](Layer& layer) { layer.gates[gate].activation = Activation::kIdentity; });
    expect_new("f", [=](Layer& layer) { layer.gates[gate].activation = Activation::kHardSigmoid; });
  }
  expect_new("sign of zero", [](Layer& layer) { layer.gates[2].bias.values[0] = -0.0f; });
  expect_new("memory", [](Layer& layer) { layer.memory_activation = Activation::kRelu; });
  expect_new("projection", [](Layer& layer) { layer.projection = GivenTensor<float>({1}); });
  expect_new("peepholes", [](Layer& layer) {
    layer.has_peepholes = true;
    layer.forget_peephole = GivenTensor<float>({0});
    layer.input_peephole = GivenTensor<float>({1});
    layer.output_peephole = GivenTensor<float>({2});
  });
  expect_new("other peepholes", [](Layer& layer) {
    layer.has_peepholes = true;
    layer.forget_peephole = GivenTensor<float>({1});
    layer.input_peephole = GivenTensor<float>({0});
    layer.output_peephole = GivenTensor<float>({2});
  });
}

TEST(Model, KindAndPrecisionAndDirectionChangeTheDigest) {
  std::set<std::string> digests;
  for (CellKind kind : {CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    LayerSpec<float> layer;
    layer.kind = kind;
    for (size_t gate = 0; gate < GateFieldNames(kind).size(); ++gate) {
      layer.gates.push_back({.given = true,
                             .input_weights = GivenTensor<float>({1}),
                             .recurrent_weights = GivenTensor<float>({1})});
    }
    EXPECT_TRUE(digests.insert(Make<float>({{layer}, {}})->digest()).second);
    EXPECT_TRUE(digests.insert(Make<float>({{layer, layer}, {}})->digest()).second);
    EXPECT_TRUE(digests.insert(Make<float>({{layer}, {layer}})->digest()).second);
  }
  EXPECT_NE(HomeworkModel(Precision::kFloat32)->digest(),
            HomeworkModel(Precision::kFloat64)->digest());
}

TEST(Model, TellsTheSizesOfTheHomework) {
  const auto model = HomeworkModel();
  EXPECT_EQ(model->precision(), Precision::kFloat32);
  EXPECT_FALSE(model->bidirectional());
  EXPECT_EQ(model->input_size(), 1);
  EXPECT_EQ(model->output_size(), 1);
  EXPECT_EQ(model->parameter_count(), 12);
  EXPECT_EQ(model->size_bytes(), 48);
  EXPECT_EQ(model->multiply_adds_per_step(), 8);
  EXPECT_THAT(model->shapes(), ElementsAre(CellShape{CellKind::kLstm, 1, 1, 1}));
  EXPECT_THAT(model->backward_shapes(), IsEmpty());
  EXPECT_EQ(HomeworkModel(Precision::kFloat64)->size_bytes(), 96);
  // W, U, b and what U's chains start with, of four gates: a cache line each.
  EXPECT_EQ(model->memory_bytes(), 4 * 4 * 64);
  EXPECT_EQ(HomeworkModel(Precision::kFloat64)->memory_bytes(), 4 * 4 * 64);
}

TEST(Model, TellsTheSizesOfAStack) {
  LayerSpec<float> lstm;
  lstm.kind = CellKind::kLstm;
  for (int gate = 0; gate < 4; ++gate) {
    lstm.gates.push_back({.given = true,
                          .input_weights = GivenTensor(std::vector<float>(4 * 2, 1), {4, 2}),
                          .recurrent_weights = GivenTensor(std::vector<float>(4 * 3, 1), {4, 3})});
  }
  lstm.projection = GivenTensor(std::vector<float>(3 * 4, 1), {3, 4});
  LayerSpec<float> gru;
  gru.kind = CellKind::kGruResetAfter;
  for (int gate = 0; gate < 3; ++gate) {
    gru.gates.push_back({.given = true,
                         .input_weights = GivenTensor(std::vector<float>(5 * 3, 1), {5, 3}),
                         .recurrent_weights = GivenTensor(std::vector<float>(5 * 5, 1), {5, 5})});
  }
  const auto model = Make<float>({{lstm, gru}, {}});
  EXPECT_EQ(model->input_size(), 2);
  EXPECT_EQ(model->output_size(), 5);
  EXPECT_THAT(model->shapes(), ElementsAre(CellShape{CellKind::kLstm, 2, 4, 3},
                                           CellShape{CellKind::kGruResetAfter, 3, 5, 5}));
  EXPECT_EQ(model->parameter_count(), 4 * (8 + 12 + 4) + 12 + 3 * (15 + 25 + 5) + 5);
  EXPECT_EQ(model->multiply_adds_per_step(), 4 * (8 + 12) + 12 + 3 * (15 + 25));
}

TEST(Model, GivesBothDirectionsOfABidirectionalModel) {
  const auto model = RandomModel(1, {.layer_count = 2, .bidirectional = true});
  EXPECT_TRUE(model->bidirectional());
  EXPECT_EQ(model->backward_shapes(), model->shapes());
  EXPECT_EQ(model->output_size(), 2 * model->shapes().back().output_size);
  EXPECT_EQ(model->shapes()[1].input_size, 2 * model->shapes()[0].output_size);
  EXPECT_EQ(model->Layers<float>().backward_layers.size(), 2u);
  EXPECT_EQ(model->Layers<double>().backward_layers.size(), 2u);
}

// Every weight of a stack, and every activation, in one list.
template <class Real>
std::vector<double> Contents(const LayerStack<Real>& stack) {
  std::vector<double> contents;
  const auto append = [&contents](const std::vector<Real>& tensor) {
    contents.push_back(static_cast<double>(tensor.size()));
    contents.insert(contents.end(), tensor.begin(), tensor.end());
  };
  for (const auto* layers : {&stack.layers, &stack.backward_layers}) {
    for (const auto& layer : *layers) {
      std::visit(
          [&](const auto& cell) {
            for (const auto* gate : GatesOf(cell)) {
              append(gate->input);
              append(gate->recurrent);
              append(gate->bias);
              contents.push_back(static_cast<double>(gate->activation));
            }
            for (const auto* tensor : OtherTensorsOf(cell)) append(*tensor);
            if constexpr (requires { cell.memory_activation; }) {
              contents.push_back(static_cast<double>(cell.memory_activation));
            }
          },
          layer);
    }
  }
  return contents;
}

TEST(Model, ExpandsFloat32WeightsExactly) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed, {.bidirectional = seed % 2 == 1});
    EXPECT_TRUE(model->FitsPrecision(Precision::kFloat32));
    EXPECT_TRUE(model->FitsPrecision(Precision::kFloat64));
    EXPECT_EQ(Contents(model->Layers<double>()), Contents(model->Layers<float>()));
    for (size_t k = 0; k < model->shapes().size(); ++k) {
      EXPECT_EQ(ShapeOf(model->Layers<double>().layers[k]), model->shapes()[k]);
    }
  }
}

TEST(Model, RoundsFloat64WeightsOnceToNearest) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed, {.precision = Precision::kFloat64});
    const std::vector<double> exact = Contents(model->Layers<double>());
    std::vector<double> rounded;
    for (double number : exact) rounded.push_back(static_cast<float>(number));
    EXPECT_EQ(Contents(model->Layers<float>()), rounded);
    EXPECT_NE(exact, rounded);
  }
}

// Weights that become the same when they are rounded make the same model.
TEST(Model, WhatIsStoredAsBfloat16IsPartOfTheDigestAsItIsRounded) {
  const auto with_weight = [](float weight) {
    ModelSpec<float> spec = HomeworkSpec<float>();
    spec.weight_storage = WeightStorage::kBfloat16;
    spec.layers[0].gates[1].input_weights.values[0] = weight;
    return Make(std::move(spec));
  };
  EXPECT_EQ(with_weight(100.1F)->digest(), with_weight(100)->digest());
  EXPECT_NE(with_weight(100.3F)->digest(), with_weight(100)->digest());
}

TEST(Model, StoredAsBfloat16TakesHalfTheMemoryForMatrices) {
  const RandomModelOptions full = {.kind = CellKind::kRnn, .layer_count = 1, .max_size = 500};
  RandomModelOptions half = full;
  half.weight_storage = WeightStorage::kBfloat16;
  const auto all = RandomModel(3, full);
  const auto stored = RandomModel(3, half);
  EXPECT_EQ(stored->weight_storage(), WeightStorage::kBfloat16);
  EXPECT_EQ(all->weight_storage(), WeightStorage::kFull);
  const CellShape shape = stored->shapes()[0];
  const int64_t rows = PaddedRows<float>(shape.hidden_size);
  const auto words = [](int64_t columns) { return WordCount(WeightStorage::kBfloat16, columns); };
  // Two matrices, and two vectors as they were.
  EXPECT_EQ(all->memory_bytes(), 4 * rows * (shape.input_size + shape.hidden_size + 2));
  EXPECT_EQ(stored->memory_bytes(),
            4 * rows * (words(shape.input_size) + words(shape.hidden_size) + 2));
  EXPECT_EQ(stored->size_bytes(), all->size_bytes());
}

TEST(Model, ExpandsBfloat16WeightsExactlyAndKeepsThemInFull) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(
        seed, {.weight_storage = WeightStorage::kBfloat16, .bidirectional = seed % 2 == 1});
    EXPECT_EQ(model->Layers<float>().weight_storage, WeightStorage::kBfloat16);
    EXPECT_EQ(model->Layers<double>().weight_storage, WeightStorage::kFull);
    EXPECT_EQ(Contents(model->Layers<double>()), Contents(model->Layers<float>()));
    EXPECT_EQ(Model("again", "", model->Layers<float>(), kTime).digest(), model->digest());
  }
}

TEST(Model, GivesTheSamePackedLayersAtEveryCall) {
  const auto model = HomeworkModel();
  EXPECT_EQ(&model->Packed<float>(), &model->Packed<float>());
  EXPECT_EQ(&model->Packed<double>(), &model->Packed<double>());
}

TEST(Model, IsConvertedOnceByManyThreads) {
  const auto model = RandomModel(5);
  std::vector<const PackedStack<double>*> seen(8);
  std::vector<std::thread> threads;
  for (auto& slot : seen) {
    threads.emplace_back([&slot, &model] { slot = &model->Packed<double>(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(seen, testing::Each(&model->Packed<double>()));
}

TEST(Model, FitsFloat32UnlessRoundingOverflows) {
  constexpr double kLargest = std::numeric_limits<float>::max();
  const double halfway = std::ldexp(1 - std::ldexp(1, -25), 128);  // rounds to infinity
  const auto fits = [](double weight) {
    ModelSpec<double> spec = HomeworkSpec<double>();
    spec.layers[0].gates[3].bias.values[0] = weight;
    const auto model = Make(std::move(spec));
    EXPECT_TRUE(model->FitsPrecision(Precision::kFloat64));
    return model->FitsPrecision(Precision::kFloat32);
  };
  EXPECT_TRUE(fits(1e-300));
  EXPECT_TRUE(fits(-kLargest));
  EXPECT_TRUE(fits(std::nextafter(halfway, 0)));
  EXPECT_FALSE(fits(halfway));
  EXPECT_FALSE(fits(-1e300));
}

}  // namespace
}  // namespace cellar
