#include "server/grading/diagnoser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
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

std::vector<std::string> MistakesIn(const Diagnoses& diagnoses) {
  std::vector<std::string> ids;
  for (const Diagnosis& diagnosis : diagnoses.likeliest_first) ids.push_back(diagnosis.mistake);
  return ids;
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

TEST(Diagnoser, FindsNothingBehindOneValueOfAMistakeBesideARightOne) {
  Exercise exercise = TellingExercise();
  exercise.questions[0].steps = {4, 5};
  const Diagnoser diagnoser(exercise);
  size_t tried = 0;
  for (const OutcomeGroup& group : diagnoser.outcomes()->groups) {
    if (!group.telling[0] || !group.telling[1]) continue;
    const Diagnoses found =
        diagnoser.Diagnose({{{group.values[0], diagnoser.outcomes()->expected[1]}}});
    for (const Diagnosis& each : found.likeliest_first) EXPECT_EQ(each.matching_count, 2);
    ++tried;
  }
  EXPECT_GT(tried, 10u);
}

TEST(Diagnoser, RightValuesSpeakAgainstAMistakeThatMakesThemWrong) {
  const Exercise exercise = TellingExercise();
  const Diagnoser diagnoser(exercise);
  size_t tried = 0;
  for (const OutcomeGroup& group : diagnoser.outcomes()->groups) {
    if (std::count(group.telling.begin(), group.telling.end(), true) < 10) continue;
    std::vector<double> values = diagnoser.outcomes()->expected;
    std::copy_n(group.values.begin(), 3, values.begin());
    const std::string& id = MistakeCatalogue()[group.members[0]].id;
    EXPECT_THAT(MistakesIn(diagnoser.Diagnose(AnswerOf(exercise, values))), Not(Contains(id)));
    ++tried;
  }
  EXPECT_GT(tried, 10u);
}

TEST(Diagnoser, TwoValuesThatOneMistakeAloneGivesAreEnough) {
  Exercise exercise = TellingExercise();
  exercise.questions[0].steps = {0, 4, 5};
  const Diagnoser diagnoser(exercise);
  size_t named = 0;
  for (const OutcomeGroup& group : diagnoser.outcomes()->groups) {
    // Before the first step there is nothing to forget; and there the student's pen slips.
    if (group.telling[0] || !group.telling[1] || !group.telling[2]) continue;
    std::vector<double> values = group.values;
    values[0] = 777;
    const std::string& id = MistakeCatalogue()[group.members[0]].id;
    const auto found = MistakesIn(diagnoser.Diagnose(AnswerOf(exercise, values)));
    named += std::count(found.begin(), found.end(), id) > 0 ? 1 : 0;
  }
  EXPECT_GT(named, 0u);
}

// The places of the groups' likeliest mistakes in a diagnosis; its end if they are not there.
size_t PlaceOf(const OutcomeGroup& group, const std::vector<std::string>& found) {
  const std::string& id = MistakeCatalogue()[group.members[0]].id;
  return static_cast<size_t>(std::find(found.begin(), found.end(), id) - found.begin());
}

TEST(Diagnoser, PutsWhatIsSeenOftenFirstAlsoAmongThoseThatAgreeInPart) {
  size_t tried = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Exercise exercise = cellar::RandomExercise(seed);
    const Diagnoser diagnoser(exercise);
    const auto& groups = diagnoser.outcomes()->groups;
    for (const OutcomeGroup& often : groups) {
      if (MistakeCatalogue()[often.members[0]].seen != Seen::kOften) continue;
      for (const OutcomeGroup& seldom : groups) {
        if (MistakeCatalogue()[seldom.members[0]].seen != Seen::kSeldom) continue;
        // They differ in one value, which is neither's, and make the same ones wrong.
        const auto [a, b] =
            std::mismatch(often.values.begin(), often.values.end(), seldom.values.begin());
        if (a == often.values.end() || !std::equal(a + 1, often.values.end(), b + 1)) continue;
        if (often.telling != seldom.telling) continue;
        std::vector<double> values = often.values;
        values[static_cast<size_t>(a - often.values.begin())] = 777;
        const auto found = MistakesIn(diagnoser.Diagnose(AnswerOf(exercise, values)));
        if (PlaceOf(seldom, found) == found.size()) continue;
        EXPECT_LT(PlaceOf(often, found), PlaceOf(seldom, found)) << "seed " << seed;
        ++tried;
      }
    }
  }
  EXPECT_GT(tried, 0u);
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
            "Some would be told apart by the output gate after step 0 of sequence 1 (steps counted "
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

TEST(Diagnoser, RemembersWhichAnswerASentenceIsAbout) {
  const Exercise exercise = HomeworkExercise();
  const Diagnoser asked_often(exercise);
  std::set<std::string> sentences;
  for (const OutcomeGroup& group : asked_often.outcomes()->groups) {
    const Answer both = AnswerOf(exercise, group.values);
    for (const Answer& answer :
         {both, Answer{both[0], std::nullopt}, Answer{std::nullopt, both[1]}}) {
      const std::string sentence = asked_often.Diagnose(answer).how_to_tell_apart;
      EXPECT_EQ(sentence, Diagnoser(exercise).Diagnose(answer).how_to_tell_apart);
      sentences.insert(sentence);
    }
  }
  EXPECT_GT(sentences.size(), 5u);
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
