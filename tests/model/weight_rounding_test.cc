#include "server/model/weight_rounding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "server/model/cell_fields.h"

namespace cellar {
namespace {

constexpr float kWeight = 0.1F;
constexpr float kRounded = 0.10009765625F;

TEST(RoundAsStored, RoundsMatricesOfBothDirectionsAndNothingElse) {
  const GateWeights<float> gate = {{1, kWeight}, {kWeight}, {kWeight}, Activation::kTanh};
  LstmWeights<float> lstm;
  lstm.forget_gate = lstm.input_gate = lstm.output_gate = lstm.candidate = gate;
  lstm.forget_peephole = lstm.input_peephole = lstm.output_peephole = {kWeight};
  lstm.projection = {kWeight};
  GruResetAfterWeights<float> gru;
  gru.update_gate = gru.reset_gate = gru.candidate = gate;
  gru.candidate_recurrent_bias = {kWeight};
  LayerStack<float> stack = {
      .layers = {lstm}, .backward_layers = {gru}, .weight_storage = WeightStorage::kBfloat16};

  RoundAsStored(stack);
  const auto expect_rounded = [](const auto& cell) {
    for (const auto* rounded : GatesOf(cell)) {
      EXPECT_EQ(rounded->input, (std::vector<float>{1, kRounded}));
      EXPECT_EQ(rounded->recurrent, std::vector<float>{kRounded});
      EXPECT_EQ(rounded->bias, std::vector<float>{kWeight});
    }
  };
  const auto& forward = std::get<LstmWeights<float>>(stack.layers[0]);
  expect_rounded(forward);
  EXPECT_EQ(forward.projection, std::vector<float>{kRounded});
  EXPECT_EQ(forward.output_peephole, std::vector<float>{kWeight});
  const auto& backward = std::get<GruResetAfterWeights<float>>(stack.backward_layers[0]);
  expect_rounded(backward);
  EXPECT_EQ(backward.candidate_recurrent_bias, std::vector<float>{kWeight});
}

TEST(RoundAsStored, LeavesAStackInFullAlone) {
  RnnWeights<float> rnn;
  rnn.hidden.input = {kWeight};
  LayerStack<float> stack = {.layers = {rnn}, .backward_layers = {}};
  RoundAsStored(stack);
  EXPECT_EQ(std::get<RnnWeights<float>>(stack.layers[0]).hidden.input[0], kWeight);
}

TEST(CheckFitsStorage, CountsFiniteNumbersThatWouldBecomeInfinite) {
  constexpr float kTooLarge = 0x1.FFp127F;
  const std::vector<float> matrix = {1, std::nextafter(kTooLarge, 0.0F),
                                     std::numeric_limits<float>::infinity(), -kTooLarge,
                                     std::numeric_limits<float>::max()};
  FieldViolations violations;
  CheckFitsStorage(matrix, WeightStorage::kFull, "w", violations);
  EXPECT_TRUE(violations.empty());
  CheckFitsStorage(matrix, WeightStorage::kBfloat16, "w", violations);
  ASSERT_EQ(violations.size(), 1U);
  EXPECT_EQ(violations[0].field, "w");
  EXPECT_EQ(violations[0].description,
            "number of elements beyond bfloat16 is 2, the first is -3.39618e+38 at index 3; every "
            "weight must be less than 3.3961776e+38 in magnitude to be stored as bfloat16");
}

}  // namespace
}  // namespace cellar
