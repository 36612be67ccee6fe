#include "server/cell/packed_cell.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "tests/testing/random_cell.h"
#include "tests/testing/shown_step.h"

namespace cellar {
namespace {

constexpr uint64_t kPackedCellSeed = 11;

// All numbers of a cell and what describes it, in one row.
template <class Real>
std::vector<Real> Contents(const CellWeights<Real>& weights) {
  std::vector<Real> all;
  const auto add = [&all](const std::vector<Real>& values) {
    all.push_back(static_cast<Real>(values.size()));
    all.insert(all.end(), values.begin(), values.end());
  };
  const auto add_gate = [&](const GateWeights<Real>& gate) {
    add(gate.input);
    add(gate.recurrent);
    add(gate.bias);
    all.push_back(static_cast<Real>(gate.activation));
  };
  if (const auto* lstm = std::get_if<LstmWeights<Real>>(&weights)) {
    for (const auto* gate :
         {&lstm->forget_gate, &lstm->input_gate, &lstm->output_gate, &lstm->candidate}) {
      add_gate(*gate);
    }
    for (const auto* other : {&lstm->forget_peephole, &lstm->input_peephole, &lstm->output_peephole,
                              &lstm->projection}) {
      add(*other);
    }
    all.push_back(static_cast<Real>(lstm->memory_activation));
  } else if (const auto* before = std::get_if<GruResetBeforeWeights<Real>>(&weights)) {
    for (const auto* gate : {&before->update_gate, &before->reset_gate, &before->candidate})
      add_gate(*gate);
  } else if (const auto* after = std::get_if<GruResetAfterWeights<Real>>(&weights)) {
    for (const auto* gate : {&after->update_gate, &after->reset_gate, &after->candidate})
      add_gate(*gate);
    add(after->candidate_recurrent_bias);
  } else {
    add_gate(std::get<RnnWeights<Real>>(weights).hidden);
  }
  return all;
}

template <class Real>
class PackedCellTest : public testing::Test {};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(PackedCellTest, Reals);

TYPED_TEST(PackedCellTest, GivesBackWhatWasPacked) {
  using Real = TypeParam;
  std::mt19937_64 generator(kPackedCellSeed);
  SCOPED_TRACE("seed " + std::to_string(kPackedCellSeed));
  for (int cell = 0; cell < 1000; ++cell) {
    const CellWeights<Real> weights =
        RandomCell<Real>(generator, {.max_size = cell % 10 == 0 ? 200 : 40});
    const CellWeights<Real> back = UnpackCell(PackCell(weights));
    ASSERT_EQ(back.index(), weights.index());
    ASSERT_EQ(ShapeOf(back), ShapeOf(weights));
    ASSERT_TRUE(EqualBits(Contents(back), Contents(weights))) << Describe(weights);
  }
}

// The matrices of a cell, without its vectors.
std::vector<std::vector<float>*> MatricesOf(CellWeights<float>& weights) {
  std::vector<std::vector<float>*> matrices;
  const auto add = [&matrices](auto... gates) {
    (matrices.insert(matrices.end(), {&gates->input, &gates->recurrent}), ...);
  };
  if (auto* lstm = std::get_if<LstmWeights<float>>(&weights)) {
    add(&lstm->forget_gate, &lstm->input_gate, &lstm->output_gate, &lstm->candidate);
    matrices.push_back(&lstm->projection);
  } else if (auto* before = std::get_if<GruResetBeforeWeights<float>>(&weights)) {
    add(&before->update_gate, &before->reset_gate, &before->candidate);
  } else if (auto* after = std::get_if<GruResetAfterWeights<float>>(&weights)) {
    add(&after->update_gate, &after->reset_gate, &after->candidate);
  } else {
    add(&std::get<RnnWeights<float>>(weights).hidden);
  }
  return matrices;
}

TEST(PackedBfloat16Test, GivesBackRoundedMatricesAndWholeVectors) {
  std::mt19937_64 generator(kPackedCellSeed);
  SCOPED_TRACE("seed " + std::to_string(kPackedCellSeed));
  for (int cell = 0; cell < 1000; ++cell) {
    const CellWeights<float> weights =
        RandomCell<float>(generator, {.max_size = cell % 10 == 0 ? 200 : 40});
    CellWeights<float> rounded = weights;
    for (std::vector<float>* matrix : MatricesOf(rounded)) {
      for (float& number : *matrix) number = RoundToBfloat16(number);
    }
    const PackedCell<float> packed = PackCell(weights, WeightStorage::kBfloat16);
    EXPECT_EQ(packed.storage(), WeightStorage::kBfloat16);
    ASSERT_TRUE(EqualBits(Contents(UnpackCell(packed)), Contents(rounded))) << Describe(weights);
  }
}

// Two gates of 40 rows and 3 columns: columns 0 and 1 share words, column 2 has its own.
TEST(PackedBfloat16Test, PutsTwoColumnsIntoAWord) {
  constexpr int64_t kRows = 40;
  constexpr int64_t kLanes = kBlockRows<float>;
  PackedMatrix<float> packed(2, kRows, 3, WeightStorage::kBfloat16);
  std::vector<float> numbers;
  for (int64_t i = 0; i < kRows * 3; ++i) numbers.push_back(static_cast<float>(i + 1));
  packed.Set(1, numbers);
  const auto word = [](const float* at) {
    uint32_t bits;
    std::memcpy(&bits, at, sizeof(bits));
    return bits;
  };
  const int64_t row = kLanes + 1;  // in block 1, lane 1
  const float* const gate = packed.BlockAt(1) + kLanes;
  const uint32_t even = ToBfloat16(numbers[row * 3]);
  const uint32_t odd = ToBfloat16(numbers[row * 3 + 1]);
  EXPECT_EQ(word(gate + 1), odd << 16 | even);
  EXPECT_EQ(word(gate + packed.ColumnStride(1) + 1), ToBfloat16(numbers[row * 3 + 2]));
  EXPECT_EQ(word(packed.BlockAt(1) + 1), 0U) << "the other gate";
  // 3 blocks, 2 gates, 2 words, a cache line each.
  EXPECT_EQ(packed.size_bytes(), 3 * 2 * 2 * kCacheLineBytes);
}

TYPED_TEST(PackedCellTest, OutlinesSayWhatIsThere) {
  using Real = TypeParam;
  std::mt19937_64 generator(kPackedCellSeed);
  SCOPED_TRACE("seed " + std::to_string(kPackedCellSeed));
  for (int cell = 0; cell < 100; ++cell) {
    const CellWeights<Real> weights =
        RandomCell<Real>(generator, {.kind = CellKind::kLstm, .max_size = 9});
    const auto& lstm = std::get<LstmWeights<Real>>(weights);
    const CellWeights<Real> outline_weights = OutlineOf(PackCell(weights));
    const auto& outline = std::get<LstmWeights<Real>>(outline_weights);
    ASSERT_EQ(outline.shape, lstm.shape);
    EXPECT_EQ(outline.output_gate.activation, lstm.output_gate.activation);
    EXPECT_EQ(outline.output_gate.bias, lstm.output_gate.bias);
    EXPECT_TRUE(outline.output_gate.input.empty());
    EXPECT_EQ(outline.input_peephole, lstm.input_peephole);
    EXPECT_EQ(outline.projection.empty(), lstm.projection.empty());
    EXPECT_EQ(outline.memory_activation, lstm.memory_activation);
  }
}

// Two gates of 40 rows and 2 columns: panels of 4 blocks, of which there are 3 of 16 rows each.
TYPED_TEST(PackedCellTest, PutsNextToEachOtherWhatIsReadOneAfterTheOther) {
  using Real = TypeParam;
  constexpr int64_t kRows = 40;
  constexpr int64_t kLanes = kBlockRows<Real>;
  PackedMatrix<Real> packed(2, kRows, 2);
  std::vector<Real> numbers;
  for (int64_t i = 0; i < kRows * 2; ++i) numbers.push_back(static_cast<Real>(i + 1));
  packed.Set(1, numbers);
  EXPECT_EQ(packed.blocks(), (kRows + kLanes - 1) / kLanes);
  EXPECT_EQ(packed.block_width(), 2 * kLanes);
  const int64_t row = kLanes + 1;  // in block 1, lane 1
  const Real* const block = packed.BlockAt(1);
  for (int64_t column = 0; column < 2; ++column) {
    const Real* const gates = block + column * packed.ColumnStride(1);
    EXPECT_EQ(gates[1], Real{0});
    EXPECT_EQ(gates[kLanes + 1], numbers[row * 2 + column]);
  }
  EXPECT_EQ(packed.BlockAt(1) - packed.BlockAt(0), packed.block_width());
}

TYPED_TEST(PackedCellTest, FillsBlocksUpWithZeros) {
  using Real = TypeParam;
  PackedMatrix<Real> packed(1, 3, 1);
  packed.Set(0, std::vector<Real>{1, 2, 3});
  std::vector<Real> block(packed.BlockAt(0), packed.BlockAt(0) + kBlockRows<Real>);
  std::vector<Real> expected(kBlockRows<Real>);
  expected[0] = 1;
  expected[1] = 2;
  expected[2] = 3;
  EXPECT_EQ(block, expected);
  EXPECT_EQ(packed.size_bytes(), kCacheLineBytes);
}

TYPED_TEST(PackedCellTest, TellsItsSize) {
  using Real = TypeParam;
  RnnWeights<Real> cell;
  cell.shape = {CellKind::kRnn, 1, 1, 1};
  cell.hidden = {{2}, {3}, {5}, Activation::kTanh};
  // W, U, b and the 0 that the recurrent chain starts with: a block each.
  EXPECT_EQ(PackCell<Real>(CellWeights<Real>(cell)).size_bytes(), 4 * kCacheLineBytes);
}

}  // namespace
}  // namespace cellar
