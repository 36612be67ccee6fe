#include "tests/testing/random_cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <variant>

namespace cellar {
namespace {

template <class Real>
void ExpectGateFits(const GateWeights<Real>& gate, const CellShape& shape) {
  EXPECT_EQ(gate.input.size(), shape.hidden_size * shape.input_size);
  EXPECT_EQ(gate.recurrent.size(), shape.hidden_size * shape.output_size);
  EXPECT_EQ(gate.bias.size(), shape.hidden_size);
}

TEST(RandomCell, DrawsEveryKindAndOption) {
  std::mt19937_64 generator(1);
  std::set<size_t> kinds;
  std::set<Activation> activations;
  int peepholes = 0, projections = 0;
  for (int i = 0; i < 500; ++i) {
    const CellWeights<float> weights = RandomCell<float>(generator);
    kinds.insert(weights.index());
    EXPECT_EQ(static_cast<size_t>(ShapeOf(weights).kind), weights.index());
    const auto* lstm = std::get_if<LstmWeights<float>>(&weights);
    if (lstm == nullptr) continue;
    activations.insert(lstm->candidate.activation);
    peepholes += !lstm->forget_peephole.empty();
    projections += !lstm->projection.empty();
  }
  EXPECT_EQ(kinds.size(), 4u);
  EXPECT_EQ(activations.size(), 5u);
  EXPECT_GT(peepholes, 0);
  EXPECT_GT(projections, 0);
}

TEST(RandomCell, GivesWeightsOfTheSizesOfTheShape) {
  std::mt19937_64 generator(2);
  for (int i = 0; i < 200; ++i) {
    const CellWeights<double> weights =
        RandomCell<double>(generator, {.kind = CellKind::kLstm, .max_size = 9});
    const auto& lstm = std::get<LstmWeights<double>>(weights);
    const CellShape& shape = lstm.shape;
    EXPECT_LE(shape.input_size, 9);
    EXPECT_LE(shape.output_size, shape.hidden_size);
    ExpectGateFits(lstm.forget_gate, shape);
    ExpectGateFits(lstm.candidate, shape);
    const bool projected = !lstm.projection.empty();
    EXPECT_EQ(lstm.projection.size(), projected ? shape.output_size * shape.hidden_size : 0);
    EXPECT_TRUE(projected || shape.output_size == shape.hidden_size);
  }
}

TEST(RandomCell, GivesTheTextbookCellWithoutVariants) {
  std::mt19937_64 generator(3);
  for (int i = 0; i < 100; ++i) {
    const CellWeights<float> weights =
        RandomCell<float>(generator, {.kind = CellKind::kLstm, .variants = false});
    const auto& lstm = std::get<LstmWeights<float>>(weights);
    EXPECT_TRUE(lstm.forget_peephole.empty());
    EXPECT_TRUE(lstm.projection.empty());
    EXPECT_EQ(lstm.forget_gate.activation, Activation::kSigmoid);
    EXPECT_EQ(lstm.memory_activation, Activation::kTanh);
  }
}

TEST(RandomCell, GivesTheSameForTheSameSeed) {
  std::mt19937_64 one(4), other(4);
  RandomCell<float>(one);
  RandomCell<float>(other);
  EXPECT_EQ(RandomVector<float>(one, 50), RandomVector<float>(other, 50));
}

TEST(RandomCell, DrawsZerosAndDenormalsAmongBoundedNumbers) {
  std::mt19937_64 generator(5);
  int minus_zeros = 0, denormals = 0;
  for (float x : RandomVector<float>(generator, 2000)) {
    EXPECT_LE(std::fabs(x), 2);
    minus_zeros += x == 0 && std::signbit(x);
    denormals += std::fpclassify(x) == FP_SUBNORMAL;
  }
  EXPECT_GT(minus_zeros, 0);
  EXPECT_GT(denormals, 0);
}

TEST(RandomCell, GivesAStateOfTheShape) {
  std::mt19937_64 generator(6);
  const CellState<float> state = RandomState<float>(generator, {CellKind::kLstm, 2, 5, 3});
  EXPECT_EQ(state.h.size(), 3u);
  EXPECT_EQ(state.c.size(), 5u);
}

TEST(RandomCell, DescribesACellInWords) {
  LstmWeights<float> cell;
  cell.shape = {CellKind::kLstm, 3, 5, 2};
  EXPECT_EQ(Describe<float>(cell), "LSTM 3x5->2");
}

}  // namespace
}  // namespace cellar
