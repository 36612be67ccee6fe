// A row's bits do not depend on its company, on cuts, or on how the work of a step is shared; and a
// step allocates nothing. (That they are the right bits is judged in row_kernels_test.cc.)
#include "server/cell/step_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/testing/allocation_count.h"
#include "tests/testing/random_cell.h"
#include "tests/testing/row_batch.h"

namespace cellar {
namespace {

constexpr uint64_t kStepRowsSeed = 4;
constexpr CellKind kKinds[] = {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter,
                               CellKind::kRnn};

template <class How>
class StepRowsTest : public testing::Test {
 protected:
  using Real = typename How::Real;

  StepRowsTest()
      : trace_(__FILE__, __LINE__, "seed " + std::to_string(kStepRowsSeed)),
        generator_(kStepRowsSeed) {}

  // A cell of any kind; sizes up to several panels.
  CellWeights<Real> Cell(int number) {
    const int64_t max_size = number % 10 == 0 ? 300 : (number % 3 == 0 ? 70 : 20);
    return RandomCell<Real>(generator_, {.kind = kKinds[number % 4], .max_size = max_size});
  }

  testing::ScopedTrace trace_;
  std::mt19937_64 generator_;
  RowsWorkspace<Real> workspace_;
};
using AllStored =
    testing::Types<Stored<float>, Stored<double>, Stored<float, WeightStorage::kBfloat16>>;
TYPED_TEST_SUITE(StepRowsTest, AllStored);

TYPED_TEST(StepRowsTest, ARowIsTheSameAloneAndInAnyBatch) {
  using Real = typename TypeParam::Real;
  for (int number = 0; number < 1200; ++number) {
    const CellWeights<Real> weights = this->Cell(number);
    const PackedCell<Real> cell = PackCell(weights, TypeParam::kStorage);
    const Numerics numerics = RandomNumerics<Real>(this->generator_);
    const int64_t row_count =
        1 + static_cast<int64_t>(this->generator_() % (number % 20 == 0 ? 120 : 20));
    RowBatch<Real> alone(this->generator_, ShapeOf(weights), row_count);
    RowBatch<Real> together = alone;
    RowBatch<Real> in_groups = alone;
    for (int step = 0; step < 2; ++step) {
      for (int64_t row = 0; row < row_count; ++row) {
        StepRows<Real>(cell, numerics, {alone.Row(row)}, this->workspace_);
      }
      StepRows<Real>(cell, numerics, together.Rows(), this->workspace_);
      std::vector<StepRow<Real>> rows = in_groups.Rows();
      std::shuffle(rows.begin(), rows.end(), this->generator_);
      for (size_t done = 0; done < rows.size();) {
        const size_t group = std::min<size_t>(1 + this->generator_() % 9, rows.size() - done);
        StepRows<Real>(cell, numerics, absl::MakeConstSpan(rows).subspan(done, group),
                       this->workspace_);
        done += group;
      }
    }
    ASSERT_TRUE(EqualBits(together.Everything(), alone.Everything()))
        << row_count << " rows, " << Describe(weights);
    ASSERT_TRUE(EqualBits(in_groups.Everything(), alone.Everything()))
        << row_count << " rows, " << Describe(weights);
  }
}

TYPED_TEST(StepRowsTest, InputsMayBeMultipliedBeforehand) {
  using Real = typename TypeParam::Real;
  for (int number = 0; number < 800; ++number) {
    const CellWeights<Real> weights = this->Cell(number);
    const PackedCell<Real> cell = PackCell(weights, TypeParam::kStorage);
    const Numerics numerics = RandomNumerics<Real>(this->generator_);
    const int64_t row_count =
        1 + static_cast<int64_t>(this->generator_() % (number % 20 == 0 ? 70 : 15));
    RowBatch<Real> expected(this->generator_, ShapeOf(weights), row_count);
    RowBatch<Real> got = expected;

    const std::vector<Real> x = got.X();
    AlignedBuffer<Real> sums(static_cast<size_t>(row_count * InputSumsLength(cell)));
    MultiplyInputs<Real>(cell, x, absl::MakeSpan(sums.data(), sums.size()));
    std::vector<StepRow<Real>> rows = got.Rows();
    for (int64_t row = 0; row < row_count; ++row) {
      rows[row].x = nullptr;
      rows[row].input_sums = sums.data() + row * InputSumsLength(cell);
    }
    StepRows<Real>(cell, numerics, rows, this->workspace_);
    StepRows<Real>(cell, numerics, expected.Rows(), this->workspace_);
    ASSERT_TRUE(EqualBits(got.Everything(), expected.Everything()))
        << row_count << " rows, " << Describe(weights);
  }
}

TYPED_TEST(StepRowsTest, InputsMayBeMultipliedInParts) {
  using Real = typename TypeParam::Real;
  for (int number = 0; number < 400; ++number) {
    const CellWeights<Real> weights =
        RandomCell<Real>(this->generator_, {.kind = kKinds[number % 4], .max_size = 200});
    const PackedCell<Real> cell = PackCell(weights, TypeParam::kStorage);
    const int64_t row_count =
        1 + static_cast<int64_t>(this->generator_() % (number % 20 == 0 ? 70 : 15));
    const RowBatch<Real> batch(this->generator_, ShapeOf(weights), row_count);
    const std::vector<Real> x = batch.X();
    AlignedBuffer<Real> expected(static_cast<size_t>(row_count * InputSumsLength(cell)));
    AlignedBuffer<Real> got(expected.size());
    MultiplyInputs<Real>(cell, x, absl::MakeSpan(expected.data(), expected.size()));
    for (const BlockRange& part :
         RandomParts(this->generator_, cell.input.blocks(), PanelBlocks(cell.input.gates()))) {
      MultiplyInputBlocks<Real>(cell, x, part, absl::MakeSpan(got.data(), got.size()));
    }
    ASSERT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(Real)), 0)
        << row_count << " rows, " << Describe(weights);
  }
}

TEST(PaysToMultiplyInputs, UnlessOneRowOfASmallCellIsStepped) {
  const auto cell = [](int64_t gates, int64_t rows, int64_t inputs) {
    PackedCell<float> cell;
    cell.input = PackedMatrix<float>(gates, rows, inputs);
    cell.recurrent = PackedMatrix<float>(gates, rows, rows);
    return cell;
  };
  EXPECT_FALSE(PaysToMultiplyInputs(cell(4, 16, 16), 1));
  EXPECT_FALSE(PaysToMultiplyInputs(cell(1, 64, 64), 1));
  EXPECT_TRUE(PaysToMultiplyInputs(cell(4, 16, 16), 2));
  EXPECT_TRUE(PaysToMultiplyInputs(cell(4, 16, 17), 1));
  EXPECT_TRUE(PaysToMultiplyInputs(cell(4, 17, 17), 1));
  EXPECT_TRUE(PaysToMultiplyInputs(cell(1, 65, 65), 1));
}

TYPED_TEST(StepRowsTest, AStepMayBeRunInParts) {
  using Real = typename TypeParam::Real;
  for (int number = 0; number < 400; ++number) {
    const CellWeights<Real> weights =
        RandomCell<Real>(this->generator_, {.kind = kKinds[number % 4], .max_size = 400});
    const PackedCell<Real> cell = PackCell(weights, TypeParam::kStorage);
    const Numerics numerics = RandomNumerics<Real>(this->generator_);
    const int64_t row_count = 1 + static_cast<int64_t>(this->generator_() % 3);
    RowBatch<Real> expected(this->generator_, ShapeOf(weights), row_count);
    RowBatch<Real> got = expected;
    StepRows<Real>(cell, numerics, expected.Rows(), this->workspace_);

    const std::vector<StepRow<Real>> rows = got.Rows();
    FitWorkspace(cell, row_count, this->workspace_);
    for (int phase = 0; phase < PhaseCount(cell); ++phase) {
      for (const BlockRange& part :
           RandomParts(this->generator_, PhaseBlocks(cell, phase), PhasePanelBlocks(cell, phase))) {
        RunPhase<Real>(cell, numerics, rows, phase, part, this->workspace_);
      }
    }
    FinishRows<Real>(cell, numerics, rows, this->workspace_);
    ASSERT_TRUE(EqualBits(got.Everything(), expected.Everything()))
        << row_count << " rows, " << Describe(weights);
  }
}

TYPED_TEST(StepRowsTest, ANanPoisonsOnlyItsOwnRow) {
  using Real = typename TypeParam::Real;
  for (int number = 0; number < 200; ++number) {
    const CellWeights<Real> weights = this->Cell(number);
    const PackedCell<Real> cell = PackCell(weights, TypeParam::kStorage);
    RowBatch<Real> sound(this->generator_, ShapeOf(weights), 7);
    RowBatch<Real> poisoned = sound;
    poisoned.inputs[3].front() = std::numeric_limits<Real>::quiet_NaN();
    StepRows<Real>(cell, {}, sound.Rows(), this->workspace_);
    StepRows<Real>(cell, {}, poisoned.Rows(), this->workspace_);
    for (RowBatch<Real>* batch : {&sound, &poisoned}) {
      batch->inputs.erase(batch->inputs.begin() + 3);
      batch->states.erase(batch->states.begin() + 3);
      batch->shown.erase(batch->shown.begin() + 3);
    }
    ASSERT_TRUE(EqualBits(poisoned.Everything(), sound.Everything())) << Describe(weights);
  }
}

// Spans of no numbers that point to where all would have room.
template <class Real>
StepTrace<Real> Emptied(StepTrace<Real> trace) {
  for (absl::Span<Real>* span :
       {&trace.h, &trace.unrounded_h, &trace.c, &trace.forget_gate, &trace.input_gate,
        &trace.output_gate, &trace.update_gate, &trace.reset_gate, &trace.candidate}) {
    *span = span->first(0);
  }
  return trace;
}

TYPED_TEST(StepRowsTest, WritesNothingThatWasNotAskedFor) {
  using Real = typename TypeParam::Real;
  for (int number = 0; number < 200; ++number) {
    const CellWeights<Real> weights = this->Cell(number);
    const PackedCell<Real> cell = PackCell(weights, TypeParam::kStorage);
    const Numerics numerics = RandomNumerics<Real>(this->generator_);
    const std::vector<Real> nothing = ShownStep<Real>(ShapeOf(weights)).Everything();
    for (const int64_t row_count : {1, 3}) {
      RowBatch<Real> shown(this->generator_, ShapeOf(weights), row_count);
      RowBatch<Real> unseen = shown;
      std::vector<StepRow<Real>> rows = unseen.Rows();
      for (StepRow<Real>& row : rows) row.trace = Emptied(row.trace);
      StepRows<Real>(cell, numerics, shown.Rows(), this->workspace_);
      StepRows<Real>(cell, numerics, rows, this->workspace_);
      for (int64_t row = 0; row < row_count; ++row) {
        ASSERT_TRUE(EqualBits(unseen.states[row].h, shown.states[row].h)) << Describe(weights);
        ASSERT_TRUE(EqualBits(unseen.states[row].c, shown.states[row].c)) << Describe(weights);
        ASSERT_TRUE(EqualBits(unseen.shown[row].Everything(), nothing)) << Describe(weights);
      }
    }
  }
}

TYPED_TEST(StepRowsTest, AStepAfterWarmUpAllocatesNothing) {
  using Real = typename TypeParam::Real;
  for (const CellKind kind : kKinds) {
    for (const int64_t row_count : {1, 5, 100}) {
      const CellWeights<Real> weights =
          RandomCell<Real>(this->generator_, {.kind = kind, .max_size = 150});
      const PackedCell<Real> cell = PackCell(weights, TypeParam::kStorage);
      const Numerics numerics = RandomNumerics<Real>(this->generator_);
      RowBatch<Real> batch(this->generator_, ShapeOf(weights), row_count);
      const std::vector<StepRow<Real>> rows = batch.Rows();
      StepRows<Real>(cell, numerics, rows, this->workspace_);
      const int64_t after_warm_up = AllocationCount();
      for (int step = 0; step < 5; ++step) StepRows<Real>(cell, numerics, rows, this->workspace_);
      EXPECT_EQ(AllocationCount(), after_warm_up) << Describe(weights);
    }
  }
}

}  // namespace
}  // namespace cellar
