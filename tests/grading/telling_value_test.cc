#include "server/grading/telling_value.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/comparison.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_outcomes.h"
#include "server/grading/mistaken_exercise.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/random_exercise.h"

namespace cellar {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<Explanation> Explanations(const std::vector<const char*>& ids) {
  std::vector<Explanation> explanations;
  for (const char* id : ids) explanations.push_back({FindMistake(id)});
  return explanations;
}

// With all questions answered.
std::string Sentence(const Exercise& exercise, const std::vector<const char*>& ids) {
  return HowToTellApart(exercise, Explanations(ids),
                        std::vector<bool>(exercise.questions.size(), true));
}

// What an explanation gives at a place.
template <class Real>
std::vector<double> ValuesAt(const Exercise& exercise, const Explanation& explanation,
                             const TellingPlace& place) {
  MistakenExercise<Real> mistaken = UnmistakenExercise<Real>(exercise);
  for (const Mistake* mistake : explanation) mistake->change(mistaken);
  Question question;
  question.sequence = place.at.sequence;
  question.layer = place.at.layer;
  question.quantity = place.at.quantity;
  question.steps = {place.at.step};
  question.elements = place.elements;
  return AnswersOf(mistaken, {question});
}

// Whether the two differ there as one sees it who compares by default.
bool Differ(const Exercise& exercise, const Explanation& a, const Explanation& b,
            const TellingPlace& place) {
  const bool single = exercise.numerics.precision == Precision::kFloat32;
  const auto values_of = [&](const Explanation& explanation) {
    return single ? ValuesAt<float>(exercise, explanation, place)
                  : ValuesAt<double>(exercise, explanation, place);
  };
  const std::vector<double> one = values_of(a);
  const std::vector<double> other = values_of(b);
  const Comparison comparison = DefaultComparison(place.at.quantity, exercise.numerics);
  for (size_t k = 0; k < one.size(); ++k) {
    if (!Accepts(comparison, exercise.numerics.precision, one[k], other[k])) return true;
  }
  return false;
}

TEST(TellingValue, NamesTheValueOnWhichMistakesDiffer) {
  EXPECT_EQ(
      Sentence(HomeworkExercise(), {"ties_away_from_zero", "gates_rounded_ties_up"}),
      "They would be told apart by the output gate after step 0 of sequence 1 (steps counted from "
      "0).");
}

TEST(TellingValue, SaysSoWhereNothingInsideDiffers) {
  EXPECT_EQ(Sentence(HomeworkExercise(), {"memory_forgotten", "memory_not_carried"}),
            "No further value inside this exercise tells them apart; one with other parameters "
            "may.");
}

TEST(TellingValue, SaysSoWhereOnlySomeDiffer) {
  EXPECT_EQ(
      Sentence(HomeworkExercise(),
               {"memory_forgotten", "memory_not_carried", "gates_rounded_ties_up"}),
      "Some would be told apart by the memory c after step 3 of sequence 2 (steps counted from 0); "
      "the others give the same everywhere inside this exercise.");
}

TEST(TellingValue, ToldByASingleSequenceNamesNone) {
  Exercise exercise = HomeworkExercise();
  exercise.sequences.resize(1);
  exercise.questions.resize(1);
  EXPECT_EQ(Sentence(exercise, {"inputs_late", "hidden_not_carried"}),
            "They would be told apart by the memory c after step 2 (steps counted from 0).");
}

TEST(TellingValue, NamesNothingThatWasGiven) {
  Exercise exercise = HomeworkExercise();
  exercise.sequences.resize(1);
  exercise.questions.resize(1);
  Ask(exercise, Quantity::kC);
  EXPECT_EQ(
      HowToTellApart(exercise, Explanations({"inputs_late", "hidden_not_carried"}), {true, false}),
      "They would be told apart by the memory c after step 2 (steps counted from 0).");
  EXPECT_EQ(
      HowToTellApart(exercise, Explanations({"inputs_late", "hidden_not_carried"}), {true, true}),
      "They would be told apart by the candidate after step 2 (steps counted from 0).");
}

TEST(TellingValue, NamesTheElementsWhereSomeWereGiven) {
  const auto model =
      RandomModel(5, {.kind = CellKind::kRnn, .layer_count = 1, .max_size = 1, .variants = false});
  Exercise exercise = ExerciseOf(model, {}, {{0.5, -1, 1.5}});
  Ask(exercise, Quantity::kH);
  EXPECT_EQ(HowToTellApart(exercise, Explanations({"inputs_late", "inputs_reversed"}), {true}),
            "No further value inside this exercise tells them apart; one with other parameters "
            "may.");
  exercise.questions[0].steps = {0, 1};
  EXPECT_EQ(HowToTellApart(exercise, Explanations({"inputs_late", "inputs_reversed"}), {true}),
            "They would be told apart by h after step 2 (steps counted from 0).");
}

TEST(TellingValue, NamesTheLayerIfThereAreSeveral) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Exercise exercise = RandomExercise(seed);
    const std::string sentence = Sentence(exercise, {"inputs_late", "inputs_reversed"});
    const bool names_a_value = sentence.substr(0, 2) != "No";
    const bool has_layers = exercise.model->shapes().size() > 1;
    const bool names_a_layer = sentence.find(" in layer ") != std::string::npos;
    EXPECT_EQ(names_a_layer, names_a_value && has_layers) << sentence;
    EXPECT_THAT(sentence, Not(AnyOf(HasSubstr("layer 0"), HasSubstr("sequence 0"))));
    EXPECT_EQ(sentence.find("element ") != std::string::npos ||
                  sentence.find("elements ") != sentence.find("elements counted"),
              sentence.find("(steps and elements counted from 0)") != std::string::npos)
        << sentence;
  }
}

// A place for each element of each quantity of each step that a question does not ask for.
std::vector<TellingPlace> NotAsked(const Exercise& exercise) {
  std::vector<TellingPlace> places;
  const std::vector<CellShape>& shapes = exercise.model->shapes();
  for (size_t s = 0; s < exercise.sequences.size(); ++s) {
    for (size_t layer = 0; layer < shapes.size(); ++layer) {
      for (int quantity = 0; quantity <= static_cast<int>(Quantity::kCandidate); ++quantity) {
        const int64_t length = QuantityLength(shapes[layer], static_cast<Quantity>(quantity));
        for (int64_t k = 0; k < exercise.sequences[s].step_count * length; ++k) {
          places.push_back({{static_cast<int64_t>(s), static_cast<int64_t>(layer),
                             static_cast<Quantity>(quantity), k / length, 0},
                            {k % length}});
        }
      }
    }
  }
  std::erase_if(places, [&](const TellingPlace& place) {
    AskedValue value = place.at;
    value.element = place.elements[0];
    for (const Question& question : exercise.questions) {
      for (int64_t i = 0; i < question.value_count(); ++i) {
        if (question.ValueAt(i) == value) return true;
      }
    }
    return false;
  });
  return places;
}

// A few of the mistakes that an exercise sees.
std::vector<Explanation> SomeExplanations(const Exercise& exercise, std::mt19937_64& random) {
  const MistakeOutcomes all = WorkOutMistakes(exercise);
  std::vector<const Mistake*> visible;
  for (size_t k = 0; k < all.outcomes.size(); ++k) {
    if (all.outcomes[k].visible) visible.push_back(&MistakeCatalogue()[k]);
  }
  std::shuffle(visible.begin(), visible.end(), random);
  std::vector<Explanation> explanations;
  for (size_t k = 0; k < std::min<size_t>(visible.size(), 4); ++k) {
    explanations.push_back({visible[k]});
  }
  return explanations;
}

TEST(TellingValue, SeparatesEachPairThatAnyValueNotGivenSeparates) {
  int with_several_places = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    const Exercise exercise = RandomExercise(seed);
    const std::vector<Explanation> explanations = SomeExplanations(exercise, random);
    if (explanations.size() < 2) continue;
    const std::vector<bool> all_answered(exercise.questions.size(), true);
    const TellingPlaces found = FindTellingPlaces(exercise, explanations, all_answered);
    const std::vector<TellingPlace> not_asked = NotAsked(exercise);
    const std::string sentence = HowToTellApart(exercise, explanations, all_answered);
    EXPECT_EQ(sentence.find(" together (") != std::string::npos, found.places.size() > 1);
    with_several_places += found.places.size() > 1 ? 1 : 0;
    for (const TellingPlace& place : found.places) {
      for (const int64_t element : place.elements) {
        EXPECT_TRUE(std::any_of(not_asked.begin(), not_asked.end(),
                                [&](const TellingPlace& each) {
                                  return each.at == place.at && each.elements[0] == element;
                                }))
            << "seed " << seed;
      }
    }
    bool all = true;
    for (size_t a = 0; a < explanations.size(); ++a) {
      for (size_t b = a + 1; b < explanations.size(); ++b) {
        const auto differ = [&](const TellingPlace& place) {
          return Differ(exercise, explanations[a], explanations[b], place);
        };
        const bool told = std::any_of(found.places.begin(), found.places.end(), differ);
        EXPECT_EQ(told, std::any_of(not_asked.begin(), not_asked.end(), differ))
            << "seed " << seed << ", " << explanations[a][0]->id << ", " << explanations[b][0]->id;
        all = all && told;
      }
    }
    EXPECT_EQ(found.separates_all, all) << "seed " << seed;
  }
  EXPECT_GT(with_several_places, 0);
}

TEST(TellingValue, LooksAtTheFirstThousandSteps) {
  GateSpec<float> gate;
  gate.given = true;
  gate.input_weights = GivenTensor<float>({1});
  gate.recurrent_weights = GivenTensor<float>({1});
  LayerSpec<float> layer;
  layer.kind = CellKind::kRnn;
  layer.gates = {gate};
  auto stack = BuildLayerStack<float>({{layer}, {}}, ModelLimits{}, "model", {});
  ASSERT_TRUE(stack.ok()) << stack.status();
  std::vector<double> inputs(1001);
  inputs.back() = 1;
  Exercise exercise = ExerciseOf(
      std::make_shared<const Model>("late", "", *std::move(stack), absl::Time()), {}, {inputs});
  const auto sentence = [&exercise] {
    return HowToTellApart(
        exercise, Explanations({"hidden_input_weights_sign", "hidden_input_weights_left_out"}), {});
  };
  EXPECT_EQ(sentence(),
            "No further value inside this exercise in the first 1000 steps tells them apart; one "
            "with other parameters may.");
  exercise = ExerciseOf(exercise.model, {}, {{inputs.begin() + 1, inputs.end()}});
  EXPECT_EQ(sentence(), "They would be told apart by h after step 999 (steps counted from 0).");
}

}  // namespace
}  // namespace cellar
