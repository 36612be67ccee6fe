#include "tests/testing/model_builder.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Ge;
using ::testing::Le;

TEST(HomeworkModel, IsTheScalarLstmOfTheCourse) {
  const auto model = HomeworkModel();
  EXPECT_EQ(model->name(), "models/homework");
  const auto lstm = std::get<LstmWeights<float>>(model->Layers<float>().layers.at(0));
  EXPECT_EQ(lstm.forget_gate.bias, std::vector<float>{-100});
  EXPECT_EQ(lstm.input_gate.input, std::vector<float>{100});
  EXPECT_EQ(lstm.input_gate.bias, std::vector<float>{100});
  EXPECT_EQ(lstm.output_gate.input, std::vector<float>{100});
  EXPECT_EQ(lstm.candidate.input, std::vector<float>{50});
  EXPECT_EQ(lstm.candidate.recurrent, std::vector<float>{-100});
}

TEST(RandomModel, IsTheSameForTheSameSeedOnEveryMachine) {
  EXPECT_EQ(RandomModel(1)->digest(), RandomModel(1)->digest());
  EXPECT_EQ(RandomModel(1)->digest().substr(0, 16), "ac1ca301c3a1dcd9");
}

TEST(RandomModel, DiffersFromSeedToSeed) {
  std::set<std::string> digests;
  for (uint64_t seed = 0; seed < 100; ++seed) digests.insert(RandomModel(seed)->digest());
  EXPECT_EQ(digests.size(), 100u);
}

TEST(RandomModel, DrawsEveryKindAndVariantSoonerOrLater) {
  std::set<CellKind> kinds;
  bool peepholes = false;
  bool projection = false;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const auto model = RandomModel(seed);
    for (const auto& layer : model->Layers<float>().layers) {
      kinds.insert(ShapeOf(layer).kind);
      const auto* lstm = std::get_if<LstmWeights<float>>(&layer);
      if (lstm == nullptr) continue;
      peepholes = peepholes || !lstm->forget_peephole.empty();
      projection = projection || !lstm->projection.empty();
    }
  }
  EXPECT_EQ(kinds.size(), 4u);
  EXPECT_TRUE(peepholes);
  EXPECT_TRUE(projection);
}

TEST(RandomModel, DoesWhatItsOptionsAsk) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed, {.precision = Precision::kFloat64,
                                          .kind = CellKind::kLstm,
                                          .layer_count = 2,
                                          .max_size = 3,
                                          .bidirectional = true,
                                          .variants = false});
    EXPECT_EQ(model->precision(), Precision::kFloat64);
    EXPECT_TRUE(model->bidirectional());
    ASSERT_EQ(model->shapes().size(), 2u);
    for (const CellShape& shape : model->shapes()) {
      EXPECT_EQ(shape.kind, CellKind::kLstm);
      EXPECT_LE(shape.hidden_size, 3);
      EXPECT_EQ(shape.output_size, shape.hidden_size);
    }
    const auto lstm = std::get<LstmWeights<double>>(model->Layers<double>().layers.at(0));
    EXPECT_TRUE(lstm.forget_peephole.empty());
    EXPECT_EQ(lstm.candidate.activation, Activation::kTanh);
  }
}

TEST(RandomNumbers, LieBetweenMinusTwoAndTwo) {
  EXPECT_THAT(RandomNumbers<double>(1, 1000), Each(AllOf(Ge(-2), Le(2))));
  EXPECT_EQ(RandomNumbers<float>(1, 7).size(), 7u);
  EXPECT_NE(RandomNumbers<float>(1, 7), RandomNumbers<float>(2, 7));
}

}  // namespace
}  // namespace cellar
