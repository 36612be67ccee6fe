#include "server/grading/mistake_changes.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

MistakenExercise<float> Homework(const Numerics& numerics = kCourseRules) {
  return UnmistakenExercise<float>(HomeworkExercise(numerics));
}

// Two layers of the given sizes, two inputs.
MistakenExercise<float> TwoLayers(int64_t input_size, int64_t hidden_size) {
  MistakenExercise<float> exercise;
  for (const float weight : {1.f, 2.f}) {
    RnnWeights<float> cell;
    cell.shape = {CellKind::kRnn, input_size, hidden_size, hidden_size};
    cell.hidden = {std::vector<float>(hidden_size * input_size, weight),
                   std::vector<float>(hidden_size * hidden_size, weight),
                   std::vector<float>(hidden_size, weight), Activation::kTanh};
    exercise.layers.emplace_back(cell);
    input_size = hidden_size;
  }
  return exercise;
}

float BiasOf(const CellWeights<float>& layer) {
  return std::get<RnnWeights<float>>(layer).hidden.bias[0];
}

TEST(MistakeChanges, PutAValueIntoAFormula) {
  MistakenExercise<float> exercise = Homework();
  EXPECT_TRUE(Use(&StepFormulas::memory, MemoryFormula::kForgotten)(exercise));
  EXPECT_EQ(exercise.formulas.memory, MemoryFormula::kForgotten);
}

TEST(MistakeChanges, ExchangeHiddenAndMemoryOnlyWhereTheyAreEquallyLong) {
  const MistakeChange change =
      UseHiddenAndMemory(HiddenSource::kMemory, MemorySource::kPrevious, ReportFormula::kRight);
  MistakenExercise<float> exercise = Homework();
  EXPECT_TRUE(change(exercise));
  EXPECT_EQ(exercise.formulas.hidden_source, HiddenSource::kMemory);
  auto& cell = std::get<LstmWeights<float>>(exercise.layers[0]);
  cell.shape.hidden_size = 2;
  exercise.formulas = {};
  EXPECT_FALSE(change(exercise));
  EXPECT_EQ(exercise.formulas, StepFormulas{});
  MistakenExercise<float> without_memory = TwoLayers(1, 1);
  EXPECT_FALSE(change(without_memory));
}

TEST(MistakeChanges, ChangeActivationRulesOnlyFromTheRightOne) {
  const MistakeChange change =
      UseRules(ActivationRule::kExact,
               {ActivationRule::kSaturating, ActivationRule::kExact, ActivationRule::kExact});
  MistakenExercise<float> saturating = Homework();
  EXPECT_FALSE(change(saturating));
  MistakenExercise<float> exact = Homework({});
  EXPECT_TRUE(change(exact));
  EXPECT_EQ(exact.formulas.sigmoid_rule, ActivationRule::kSaturating);
  EXPECT_EQ(exact.formulas.tanh_rule, ActivationRule::kExact);
}

TEST(MistakeChanges, RoundOtherwiseOnlyWhatIsRoundedAndNeedlesslyOnlyWhatIsNot) {
  MistakenExercise<float> rounded = Homework();
  MistakenExercise<float> unrounded = Homework({});
  EXPECT_TRUE(RoundHiddenBy(RoundingRule::kUp)(rounded));
  EXPECT_EQ(rounded.formulas.rounding, RoundingRule::kUp);
  EXPECT_FALSE(RoundHiddenBy(RoundingRule::kUp)(unrounded));
  EXPECT_FALSE(RoundNeedlessly(RoundingScope::kReport)(rounded));
  EXPECT_TRUE(RoundNeedlessly(RoundingScope::kReport)(unrounded));
  EXPECT_EQ(unrounded.formulas.rounding, RoundingRule::kTiesToEven);
}

TEST(MistakeChanges, MoveRoundingOnlyToWhereItIsNot) {
  MistakenExercise<float> exercise = Homework();
  EXPECT_FALSE(RoundAt(RoundingScope::kFeedback)(exercise));
  EXPECT_TRUE(RoundAt(RoundingScope::kReport)(exercise));
  EXPECT_EQ(exercise.formulas.rounding_scope, RoundingScope::kReport);
}

TEST(MistakeChanges, ShowUnroundedOnlyWhatIsFedBackRounded) {
  MistakenExercise<float> exercise = Homework();
  EXPECT_TRUE(ShowUnrounded()(exercise));
  EXPECT_EQ(exercise.formulas.report, ReportFormula::kUnrounded);
  EXPECT_TRUE(RoundAt(RoundingScope::kReport)(exercise));
  EXPECT_FALSE(ShowUnrounded()(exercise));
}

TEST(MistakeChanges, CutGatesAndStates) {
  MistakenExercise<float> exercise = Homework();
  EXPECT_TRUE(CutEverything()(exercise));
  EXPECT_EQ(exercise.formulas.gate_rounding, RoundingRule::kTruncate);
  EXPECT_EQ(exercise.formulas.memory_rounding, RoundingRule::kTruncate);
}

TEST(MistakeChanges, ShiftReverseAndRepeatInputsStepByStep) {
  const auto changed = [](const MistakeChange& change) {
    MistakenExercise<float> exercise;
    exercise.sequences = {{{1, 2, 3, 4, 5, 6}, 3, {}}};  // two elements a step
    EXPECT_TRUE(change(exercise));
    return exercise.sequences[0].inputs;
  };
  EXPECT_THAT(changed(ShiftInputs(-1)), ElementsAre(0, 0, 1, 2, 3, 4));
  EXPECT_THAT(changed(ShiftInputs(1)), ElementsAre(3, 4, 5, 6, 0, 0));
  EXPECT_THAT(changed(ReverseInputs()), ElementsAre(5, 6, 3, 4, 1, 2));
  EXPECT_THAT(changed(RepeatFirstInput()), ElementsAre(1, 2, 1, 2, 1, 2));
}

TEST(MistakeChanges, StartElsewhere) {
  MistakenExercise<float> exercise = Homework();
  EXPECT_FALSE(StartAtZero()(exercise));  // it does
  EXPECT_TRUE(StartHiddenAtOne()(exercise));
  EXPECT_TRUE(StartMemoryAtOne()(exercise));
  for (const MistakenSequence<float>& sequence : exercise.sequences) {
    EXPECT_THAT(sequence.initial_state.layers[0].h, Each(1));
    EXPECT_THAT(sequence.initial_state.layers[0].c, Each(1));
  }
  EXPECT_TRUE(StartAtZero()(exercise));
  EXPECT_THAT(exercise.sequences[1].initial_state.layers[0].c, Each(0));
}

TEST(MistakeChanges, CarryNothing) {
  MistakenExercise<float> exercise = Homework();
  EXPECT_TRUE(DoNotCarryState()(exercise));
  EXPECT_EQ(exercise.formulas.hidden_source, HiddenSource::kInitial);
  EXPECT_EQ(exercise.formulas.memory_source, MemorySource::kInitial);
}

TEST(MistakeChanges, ExchangeOnlyLayersOfOneShape) {
  MistakenExercise<float> alike = TwoLayers(2, 2);
  EXPECT_TRUE(ReverseLayers()(alike));
  EXPECT_EQ(BiasOf(alike.layers[0]), 2);
  EXPECT_EQ(BiasOf(alike.layers[1]), 1);
  EXPECT_TRUE(RepeatFirstLayer()(alike));
  EXPECT_EQ(BiasOf(alike.layers[1]), 2);
  MistakenExercise<float> unlike = TwoLayers(3, 2);
  EXPECT_FALSE(ReverseLayers()(unlike));
  MistakenExercise<float> single = Homework();
  EXPECT_FALSE(RepeatFirstLayer()(single));
}

}  // namespace
}  // namespace cellar
