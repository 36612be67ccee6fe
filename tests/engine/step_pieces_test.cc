#include "server/engine/step_pieces.h"

#include <atomic>
#include <vector>

#include "gtest/gtest.h"
#include "server/engine/crew_policy.h"
#include "server/model/model.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

constexpr TraceOptions kEverythingShown = {TraceView::kTrace, TraceDensity::kEveryStep};

// One layer and some sessions, each with a recorder of its own.
class StepPiecesTest : public testing::Test {
 protected:
  static constexpr int64_t kSteps = 40;  // more than a small cell's row makes at once

  void Begin(int64_t row_count) {
    for (int64_t k = 0; k < row_count; ++k) {
      inputs_.push_back(RandomNumbers<float>(k, kSteps * model_->input_size()));
      states_.push_back(std::get<StackState<float>>(ZeroStackState(*model_, Precision::kFloat32)));
      recorders_.emplace_back(*model_, numerics_, kEverythingShown, kSteps);
      above_.emplace_back(kSteps * cell().shape.output_size);
    }
  }

  const PackedCell<float>& cell() const { return model_->Packed<float>().layers[0]; }

  // The rows from `step` on.
  std::vector<PieceRow<float>> Rows(int64_t step) {
    std::vector<PieceRow<float>> rows;
    for (size_t k = 0; k < inputs_.size(); ++k) {
      CellState<float>& state = states_[k].layers[0];
      rows.push_back({inputs_[k].data() + step * model_->input_size(), state.h.data(),
                      state.c.data(), &recorders_[k], step,
                      above_[k].data() + step * cell().shape.output_size});
    }
    return rows;
  }

  int64_t Step(int64_t first, int64_t count, const std::atomic<int64_t>* newcomers = nullptr,
               StepCrew* crew = nullptr) {
    Piece<float> piece{cell(), numerics_};
    piece.count = count;
    piece.above_stride = cell().shape.output_size;
    piece.newcomers = newcomers;
    piece.crew = crew;
    return StepPiece<float>(piece, Rows(first), ThreadWorkspace<float>());
  }

  // Everything is as if each had been stepped by itself.
  void ExpectAlone() {
    for (size_t k = 0; k < inputs_.size(); ++k) {
      auto state = std::get<StackState<float>>(ZeroStackState(*model_, Precision::kFloat32));
      const auto alone = RunSteps<float>(*model_, numerics_, inputs_[k], kEverythingShown, state);
      EXPECT_EQ(TraceDifference(recorders_[k].Take(), alone), "") << "row " << k;
      EXPECT_EQ(states_[k], state);
      EXPECT_EQ(above_[k], alone.outputs) << "nothing is rounded";
    }
  }

  std::shared_ptr<const Model> model_ =
      RandomModel(11, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 20});
  const Numerics numerics_ = {};
  std::vector<std::vector<float>> inputs_;
  std::vector<StackState<float>> states_;
  std::vector<StepRecorder<float>> recorders_;
  std::vector<std::vector<float>> above_;
};

TEST_F(StepPiecesTest, OneStepAtATimeOrAllAtOnceIsTheSame) {
  Begin(5);
  EXPECT_EQ(Step(0, 1), 1);
  EXPECT_EQ(Step(1, 3), 3);
  EXPECT_EQ(Step(4, kSteps - 4), kSteps - 4);
  ExpectAlone();
}

// (The others are about a cell that is so small that its rows are stepped one by one.)
TEST_F(StepPiecesTest, RowsOfALargerCellAreSteppedTogether) {
  // Bounded: what grows without bounds is NaN in the end, which is not equal to itself.
  for (uint64_t seed = 0;
       cell().shape.hidden_size < 64 || cell().activations[3] != Activation::kTanh ||
       cell().memory_activation != Activation::kTanh;
       ++seed) {
    model_ = RandomModel(seed, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 100});
  }
  Begin(5);
  EXPECT_EQ(Step(0, 3), 3);
  EXPECT_EQ(Step(3, kSteps - 3), kSteps - 3);
  ExpectAlone();
}

TEST_F(StepPiecesTest, NewcomersEndAPieceAfterAStepAndLoseNothing) {
  Begin(3);
  const std::atomic<int64_t> somebody{1};
  EXPECT_EQ(Step(0, 4, &somebody), 1);
  EXPECT_EQ(Step(1, kSteps - 1), kSteps - 1);
  ExpectAlone();
}

TEST_F(StepPiecesTest, MoreSessionsThanAreMultipliedAtOnce) {
  Begin(70);
  EXPECT_EQ(Step(0, kSteps), kSteps);
  ExpectAlone();
}

// However few steps are known beforehand: they would be one part if they were shared out step by
// step.
TEST_F(StepPiecesTest, InputsAreSharedOutByWhatIsMadeOfThem) {
  constexpr int64_t kRows = 8;
  StepCrew crew(1);
  const auto parts_of = [&](int64_t first, int64_t count) {
    const int64_t before = crew.part_count();
    EXPECT_EQ(Step(first, count, nullptr, &crew), count);
    return crew.part_count() - before;
  };
  // A model that is large in input and state.
  for (uint64_t seed = 0; !PaysToShare(model_->multiply_adds_per_step()) ||
                          cell().shape.input_size < 100 || cell().shape.hidden_size < 100;
       ++seed) {
    model_ = RandomModel(seed, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 400});
  }
  Begin(kRows);
  const int64_t parts_of_a_step = parts_of(0, 1);
  EXPECT_GE(parts_of(1, 2), 2 * parts_of_a_step + 2);
  EXPECT_EQ(Step(3, kSteps - 3), kSteps - 3);
  ExpectAlone();
}

TEST(LongestPiece, IsShorterForMoreSessionsAndNeverNothing) {
  const auto model = RandomModel(11, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 20});
  const PackedCell<float>& cell = model->Packed<float>().layers[0];
  const int64_t alone = LongestPiece(cell, 1);
  EXPECT_GE(alone, 100);
  EXPECT_EQ(LongestPiece(cell, 4), alone / 4);
  EXPECT_EQ(LongestPiece(cell, 1'000'000'000), 1);
}

}  // namespace
}  // namespace cellar
