// What the written digits of an answer say, where the tolerance says less.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/diagnoser.h"
#include "server/grading/mistake_catalogue.h"
#include "server/model/model_validation.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::shared_ptr<const Model> ModelOf(const LayerSpec<double>& layer) {
  auto stack = BuildLayerStack<double>({{layer}, {}}, ModelLimits{}, "model", {});
  EXPECT_TRUE(stack.ok()) << stack.status();
  return std::make_shared<const Model>("one", "", *std::move(stack), absl::Time());
}

// An LSTM whose h hardly depends on the h before, asked for four values of it to 0.001: right are
// 0.00168, -0.04723, -0.03569, -0.05492; with no h fed back 0.00168, -0.04739, -0.03653, -0.05587.
Exercise FaintExercise() {
  LayerSpec<double> layer;
  layer.kind = CellKind::kLstm;
  for (const std::vector<double>& numbers : std::vector<std::vector<double>>{
           {1.93, 1.86, 0.62}, {0.46, -1.37, -1.94}, {0.11, -1.76, -1.24}, {-1.03, -1.88, -0.14}}) {
    GateSpec<double> gate;
    gate.given = true;
    gate.input_weights = GivenTensor<double>({numbers[0]});
    gate.recurrent_weights = GivenTensor<double>({numbers[1]});
    gate.bias = GivenTensor<double>({numbers[2]});
    layer.gates.push_back(gate);
  }
  Exercise exercise =
      ExerciseOf(ModelOf(layer), {.precision = Precision::kFloat64}, {{-0.2, 1.4, 0.1, 0.6}});
  Ask(exercise, Quantity::kH).comparison = {.absolute = 0.001};
  return exercise;
}

// The mistakes of a diagnosis.
std::vector<std::string> MistakesTold(const Diagnoses& diagnoses) {
  std::vector<std::string> ids;
  for (const Diagnosis& diagnosis : diagnoses.likeliest_first) ids.push_back(diagnosis.mistake);
  return ids;
}

TEST(DiagnoserDigits, FindsAMistakeThatOnlyTheWrittenDigitsShow) {
  const Exercise exercise = FaintExercise();
  const Diagnoser diagnoser(exercise);
  const auto index =
      static_cast<size_t>(FindMistake("hidden_not_carried") - MistakeCatalogue().data());
  EXPECT_FALSE(diagnoser.outcomes()->outcomes[index].visible) << "in full digits";
  const Diagnoses found = diagnoser.Diagnose({{{0.002, -0.047, -0.037, -0.056}}});
  ASSERT_THAT(MistakesTold(found),
              ElementsAre("hidden_not_carried", "forget_gate_recurrent_weights_left_out",
                          "forget_gate_recurrent_weights_from_neighbour"));
  EXPECT_EQ(found.likeliest_first[0].matching_count, 4);
  EXPECT_EQ(found.likeliest_first[0].telling_count, 2);
}

TEST(DiagnoserDigits, CountsAsTellingWhatIsWrongAndNotTheRightDigits) {
  Exercise exercise = FaintExercise();
  // -0.048 is near enough to be right; only the last value is wrong.
  const Diagnoses found = Diagnoser(exercise).Diagnose({{{0.002, -0.048, -0.036, -0.056}}});
  ASSERT_THAT(MistakesTold(found), Contains("memory_tanh_left_out"));
  for (const Diagnosis& each : found.likeliest_first) {
    if (each.mistake != "memory_tanh_left_out") continue;
    EXPECT_EQ(each.telling_count, 1);
  }
  // Here all are wrong, and the first is the right number as well as the mistake's.
  exercise.questions[0].comparison = {.absolute = 1e-4};
  const Diagnoses seen = Diagnoser(exercise).Diagnose({{{0.002, -0.047, -0.037, -0.056}}});
  ASSERT_THAT(MistakesTold(seen), Contains("hidden_not_carried"));
  for (const Diagnosis& each : seen.likeliest_first) {
    if (each.mistake != "hidden_not_carried") continue;
    EXPECT_EQ(each.telling_count, 3);
  }
}

TEST(DiagnoserDigits, DoesNotTakeRightDigitsForAMistake) {
  const Exercise exercise = FaintExercise();
  const Diagnoser diagnoser(exercise);
  EXPECT_THAT(MistakesTold(diagnoser.Diagnose({{{0.002, -0.047, -0.036, -0.055}}})), IsEmpty());
  // Too few digits to be marked right, and those that there are are the right ones: what has the
  // same digits in full is not consistent with anything more than with a right result.
  EXPECT_THAT(MistakesTold(diagnoser.Diagnose({{{0, -0.05, -0.04, -0.05}}})), IsEmpty());
}

TEST(DiagnoserDigits, TakesTheVeryNumberOfAMistakeForItsAlsoWhereTheRightOneRoundsToIt) {
  GateSpec<double> gate;
  gate.given = true;
  gate.input_weights = GivenTensor<double>({1});
  gate.recurrent_weights = GivenTensor<double>({0.5});
  gate.bias = GivenTensor<double>({1e-7});
  gate.activation = Activation::kIdentity;
  LayerSpec<double> layer;
  layer.kind = CellKind::kRnn;
  layer.gates = {gate};
  Exercise exercise = ExerciseOf(ModelOf(layer), {.precision = Precision::kFloat64}, {{0.25}});
  Ask(exercise, Quantity::kH).comparison = {.absolute = 1e-9};
  EXPECT_THAT(MistakesTold(Diagnoser(exercise).Diagnose({{{0.25}}})), Contains("biases_left_out"));
}

TEST(DiagnoserDigits, DoesNotTakeWhatIsOnlyNearForAFaintMistake) {
  const Exercise exercise = FaintExercise();
  const Diagnoser diagnoser(exercise);
  // The last value is a slip of the pen: within 0.001 of the mistake's, with other digits.
  EXPECT_THAT(MistakesTold(diagnoser.Diagnose({{{0.002, -0.047, -0.037, -0.0567}}})),
              Not(Contains("hidden_not_carried")));
}

}  // namespace
}  // namespace cellar
