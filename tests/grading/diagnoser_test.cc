#include "server/grading/diagnoser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "server/model/model_validation.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/random_exercise.h"

namespace cellar {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// An LSTM in which hardly two mistakes look alike, asked for ten values of h.
Exercise TellingExercise() {
  const auto model = RandomModel(
      12, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 1, .variants = false});
  Exercise exercise = ExerciseOf(model, {}, {{0.5, -1, 1.5, 0.25, -0.75, 1, -1.5, 2, 0.75, -0.5}});
  Ask(exercise, Quantity::kH);
  return exercise;
}

// The values after a mistake, all questions in one row.
std::vector<double> ValuesAfter(const Exercise& exercise, const Diagnoser& diagnoser,
                                const char* id) {
  const auto index = static_cast<size_t>(FindMistake(id) - MistakeCatalogue().data());
  EXPECT_TRUE(diagnoser.outcomes()->outcomes[index].visible) << id;
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(exercise);
  EXPECT_TRUE(FindMistake(id)->change(mistaken)) << id;
  return AnswersOf(mistaken, exercise.questions);
}

TEST(Diagnoser, FindsAMistakeByAllItsValues) {
  const Exercise exercise = TellingExercise();
  const Diagnoser diagnoser(exercise);
  const Diagnoses found = diagnoser.Diagnose(
      AnswerOf(exercise, ValuesAfter(exercise, diagnoser, "input_sum_for_product")));
  ASSERT_EQ(found.likeliest_first.size(), 1u);
  EXPECT_EQ(found.likeliest_first[0].mistake, "input_sum_for_product");
  EXPECT_EQ(found.likeliest_first[0].matching_count, 10);
  EXPECT_EQ(found.likeliest_first[0].telling_count, 10);
  EXPECT_THAT(found.likeliest_first[0].same_as, IsEmpty());
  EXPECT_EQ(found.how_to_tell_apart, "");
}

TEST(Diagnoser, NamesNoMistakeThatNoGivenValueSpeaksFor) {
  Exercise exercise = TellingExercise();
  Ask(exercise, Quantity::kC);
  exercise.questions[0].steps = {0};  // before which there is no memory to forget
  for (Question& question : exercise.questions) question.comparison = {.absolute = 1e-9};
  const Diagnoser diagnoser(exercise);
  const double right = diagnoser.outcomes()->expected[0];
  const double rounded = std::round(right * 100) / 100;
  ASSERT_NE(right, rounded);
  for (const Diagnosis& diagnosis :
       diagnoser.Diagnose({{{rounded}}, std::nullopt}).likeliest_first) {
    EXPECT_GT(diagnosis.telling_count, 0) << diagnosis.mistake;
    EXPECT_NE(diagnosis.mistake, "memory_forgotten");
  }
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
  auto stack = BuildLayerStack<double>({{layer}, {}}, ModelLimits{}, "model", {});
  EXPECT_TRUE(stack.ok()) << stack.status();
  const auto model = std::make_shared<const Model>("faint", "", *std::move(stack), absl::Time());
  Exercise exercise =
      ExerciseOf(model, {.precision = Precision::kFloat64}, {{-0.2, 1.4, 0.1, 0.6}});
  Ask(exercise, Quantity::kH).comparison = {.absolute = 0.001};
  return exercise;
}

std::vector<std::string> MistakesIn(const Diagnoses& diagnoses) {
  std::vector<std::string> ids;
  for (const Diagnosis& diagnosis : diagnoses.likeliest_first) ids.push_back(diagnosis.mistake);
  return ids;
}

TEST(Diagnoser, FindsAMistakeThatOnlyTheWrittenDigitsShow) {
  const Exercise exercise = FaintExercise();
  const Diagnoser diagnoser(exercise);
  const auto index =
      static_cast<size_t>(FindMistake("hidden_not_carried") - MistakeCatalogue().data());
  EXPECT_FALSE(diagnoser.outcomes()->outcomes[index].visible) << "in full digits";
  const Diagnoses found = diagnoser.Diagnose({{{0.002, -0.047, -0.037, -0.056}}});
  ASSERT_THAT(MistakesIn(found),
              ElementsAre("hidden_not_carried", "forget_gate_recurrent_weights_left_out",
                          "forget_gate_recurrent_weights_from_neighbour"));
  EXPECT_EQ(found.likeliest_first[0].matching_count, 4);
  EXPECT_EQ(found.likeliest_first[0].telling_count, 2);
}

TEST(Diagnoser, DoesNotTakeRightDigitsForAMistake) {
  const Exercise exercise = FaintExercise();
  const Diagnoser diagnoser(exercise);
  EXPECT_THAT(MistakesIn(diagnoser.Diagnose({{{0.002, -0.047, -0.036, -0.055}}})), IsEmpty());
  // Too few digits to be marked right, and those that there are are the right ones: what has the
  // same digits in full is not consistent with anything more than with a right result.
  EXPECT_THAT(MistakesIn(diagnoser.Diagnose({{{0, -0.05, -0.04, -0.05}}})), IsEmpty());
}

TEST(Diagnoser, DoesNotTakeWhatIsOnlyNearForAFaintMistake) {
  const Exercise exercise = FaintExercise();
  const Diagnoser diagnoser(exercise);
  // The last value is a slip of the pen: within 0.001 of the mistake's, with other digits.
  EXPECT_THAT(MistakesIn(diagnoser.Diagnose({{{0.002, -0.047, -0.037, -0.0567}}})),
              Not(Contains("hidden_not_carried")));
}

TEST(Diagnoser, PutsRoundedNumbersBeforeWhatComesNearEnough) {
  Exercise exercise = TellingExercise();
  exercise.questions[0].comparison = {.absolute = 0.15};
  const Diagnoser diagnoser(exercise);
  size_t beside = 0;  // answers that come near enough to others, too
  for (size_t k = 0; k < MistakeCatalogue().size(); ++k) {
    if (!diagnoser.outcomes()->outcomes[k].visible) continue;
    const Mistake& mistake = MistakeCatalogue()[k];
    std::vector<double> values = ValuesAfter(exercise, diagnoser, mistake.id.c_str());
    for (double& value : values) value = std::round(value * 1000) / 1000;
    const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, values));
    if (found.likeliest_first.empty()) continue;  // rounding has made it right
    const Diagnosis& first = found.likeliest_first[0];
    const std::vector<double> firsts = ValuesAfter(exercise, diagnoser, first.mistake.c_str());
    for (size_t i = 0; i < values.size(); ++i) {
      EXPECT_NEAR(firsts[i], values[i], 0.000501) << mistake.id << " is behind " << first.mistake;
    }
    beside += found.likeliest_first.size() > first.same_as.size() + 1 ? 1 : 0;
  }
  EXPECT_GT(beside, 5u);
}

TEST(Diagnoser, FindsAMistakeByMostOfItsValues) {
  const Exercise exercise = TellingExercise();
  const Diagnoser diagnoser(exercise);
  std::vector<double> values = ValuesAfter(exercise, diagnoser, "output_gate_left_out");
  values[3] = 7;
  values[8] = std::numeric_limits<double>::quiet_NaN();
  const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, values));
  ASSERT_FALSE(found.likeliest_first.empty());
  EXPECT_EQ(found.likeliest_first[0].mistake, "output_gate_left_out");
  EXPECT_EQ(found.likeliest_first[0].matching_count, 8);
}

TEST(Diagnoser, FindsTwoOftenSeenMistakesAtOnce) {
  const Exercise exercise = TellingExercise();
  const Diagnoser diagnoser(exercise);
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(exercise);
  EXPECT_TRUE(FindMistake("memory_forgotten")->change(mistaken));
  EXPECT_TRUE(FindMistake("memory_tanh_left_out")->change(mistaken));
  const Diagnoses found =
      diagnoser.Diagnose(AnswerOf(exercise, AnswersOf(mistaken, exercise.questions)));
  ASSERT_EQ(found.likeliest_first.size(), 1u);
  EXPECT_EQ(found.likeliest_first[0].mistake, "memory_forgotten+memory_tanh_left_out");
  EXPECT_THAT(found.likeliest_first[0].title, HasSubstr(", and "));
}

TEST(Diagnoser, FindsNothingInAnswersOfChance) {
  const Exercise exercise = TellingExercise();
  const Diagnoser diagnoser(exercise);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    std::vector<double> values = RandomNumbers<double>(seed, 10);
    const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, values));
    EXPECT_THAT(found.likeliest_first, IsEmpty()) << "seed " << seed;
  }
}

TEST(Diagnoser, FindsNothingBehindOneSlipOfThePen) {
  const Exercise exercise = TellingExercise();
  const Diagnoser diagnoser(exercise);
  for (size_t slip = 0; slip < 10; ++slip) {
    std::vector<double> values = diagnoser.outcomes()->expected;
    values[slip] += 0.3;
    EXPECT_THAT(diagnoser.Diagnose(AnswerOf(exercise, values)).likeliest_first, IsEmpty());
  }
}

TEST(Diagnoser, GoesByTheQuestionsThatHaveAnAnswer) {
  Exercise exercise = TellingExercise();
  Ask(exercise, Quantity::kC);
  const Diagnoser diagnoser(exercise);
  Answer answer = AnswerOf(exercise, ValuesAfter(exercise, diagnoser, "forget_gate_inverted"));
  answer[0].reset();
  const Diagnoses found = diagnoser.Diagnose(answer);
  ASSERT_FALSE(found.likeliest_first.empty());
  EXPECT_EQ(found.likeliest_first[0].mistake, "forget_gate_inverted");
  EXPECT_EQ(found.likeliest_first[0].value_count, 10);
  answer[1].reset();
  EXPECT_THAT(diagnoser.Diagnose(answer).likeliest_first, IsEmpty());
}

TEST(Diagnoser, SaysWhatElseToAskWhereMistakesLookAlike) {
  const Exercise exercise = HomeworkExercise();
  const Diagnoses found =
      Diagnoser(exercise).Diagnose(AnswerOf(exercise, {0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1}));
  EXPECT_EQ(found.likeliest_first[0].mistake, "ties_away_from_zero");
  EXPECT_THAT(found.likeliest_first[0].same_as,
              ElementsAre("output_gate_left_out", "gates_rounded_ties_up",
                          "output_gate_bias_from_neighbour"));
  EXPECT_EQ(found.how_to_tell_apart,
            "Some would be told apart by the output gate after step 0 of sequence 0 (counted "
            "from 0); the others give the same everywhere inside this exercise.");
}

TEST(Diagnoser, PutsTheVeryNumbersBeforeWhatComesNearEnough) {
  Exercise exercise = TellingExercise();
  exercise.questions[0].comparison = {.absolute = 0.15};
  const Diagnoser diagnoser(exercise);
  size_t beside = 0;  // others that come near enough
  for (size_t k = 0; k < MistakeCatalogue().size(); ++k) {
    if (!diagnoser.outcomes()->outcomes[k].visible) continue;
    const Mistake& mistake = MistakeCatalogue()[k];
    const Diagnoses found = diagnoser.Diagnose(
        AnswerOf(exercise, ValuesAfter(exercise, diagnoser, mistake.id.c_str())));
    const Diagnosis& first = found.likeliest_first.at(0);
    EXPECT_TRUE(first.mistake == mistake.id ||
                std::count(first.same_as.begin(), first.same_as.end(), mistake.id) == 1)
        << mistake.id << " is behind " << first.mistake;
    beside += found.likeliest_first.size() > first.same_as.size() + 1 ? 1 : 0;
  }
  EXPECT_GT(beside, 5u);
}

TEST(Diagnoser, JudgesEachMistakeByItsOwnNumbersWhereTheComparisonTakesItForAnother) {
  Exercise exercise = TellingExercise();
  exercise.questions[0].comparison = {.absolute = 0.1};
  const Diagnoser diagnoser(exercise);
  const std::vector<OutcomeGroup>& groups = diagnoser.outcomes()->groups;
  const AnswerComparison comparison(exercise);
  size_t tried = 0;
  for (size_t g = 0; g < groups.size(); ++g) {
    if (groups[g].taken_for == g) continue;
    // As far from the other as this one allows.
    std::vector<double> values = groups[g].values;
    const std::vector<double>& other = groups[groups[g].taken_for].values;
    for (size_t k = 0; k < values.size(); ++k) values[k] += values[k] > other[k] ? 0.099 : -0.099;
    if (!comparison.AcceptsAll(groups[g].values, values)) continue;
    const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, values));
    if (found.likeliest_first.empty() || found.likeliest_first.size() == kMaxDiagnoses) continue;
    ++tried;
    const std::string& id = MistakeCatalogue()[groups[g].members[0]].id;
    bool named = false;
    for (const Diagnosis& each : found.likeliest_first) named = named || each.mistake == id;
    EXPECT_TRUE(named) << id;
  }
  EXPECT_GT(tried, 0u);
}

TEST(Diagnoser, TellsPairsOfMistakesApartToo) {
  const Exercise exercise = HomeworkExercise({});
  const MistakeOutcomes single = WorkOutMistakes(exercise);
  const Diagnoser diagnoser(exercise);
  size_t ambiguous = 0;
  for (const OutcomeGroup& pair : WorkOutPairs(exercise, single)) {
    const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, pair.values));
    ASSERT_FALSE(found.likeliest_first.empty());
    EXPECT_EQ(found.how_to_tell_apart.empty(), found.likeliest_first.size() == 1)
        << found.likeliest_first[0].mistake;
    ambiguous += found.likeliest_first.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(ambiguous, 0u);
}

TEST(Diagnoser, TellsMistakesApartThatAgreeInPart) {
  const Exercise exercise = TellingExercise();
  const Diagnoser diagnoser(exercise);
  size_t ambiguous = 0;
  for (const OutcomeGroup& group : diagnoser.outcomes()->groups) {
    std::vector<double> values = group.values;
    values[3] = 7;
    const Diagnoses found = diagnoser.Diagnose(AnswerOf(exercise, values));
    EXPECT_EQ(found.how_to_tell_apart.empty(), found.likeliest_first.size() < 2);
    ambiguous += found.likeliest_first.size() > 1 ? 1 : 0;
  }
  EXPECT_GT(ambiguous, 0u);
}

TEST(Diagnoser, LeavesTooLargeExercisesAlone) {
  const auto model = RandomModel(1, {.kind = CellKind::kLstm, .layer_count = 1, .max_size = 1});
  Exercise exercise = ExerciseOf(model, {}, {std::vector<double>(50'000, 0.5)});
  Ask(exercise, Quantity::kH);
  ASSERT_GT(MistakeWork(exercise), kMaxMistakeWork);
  const Diagnoser diagnoser(exercise);
  EXPECT_FALSE(diagnoser.outcomes().has_value());
  EXPECT_THAT(diagnoser.Diagnose(AnswerOf(exercise, std::vector<double>(50'000))).likeliest_first,
              IsEmpty());
}

}  // namespace
}  // namespace cellar
