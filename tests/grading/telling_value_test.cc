#include "server/grading/telling_value.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/random_exercise.h"

namespace cellar {
namespace {

std::string Sentence(const Exercise& exercise, const std::vector<const char*>& ids) {
  std::vector<const Mistake*> mistakes;
  for (const char* id : ids) mistakes.push_back(FindMistake(id));
  return HowToTellApart(exercise, mistakes);
}

TEST(TellingValue, NamesTheValueOnWhichMistakesDiffer) {
  EXPECT_EQ(Sentence(HomeworkExercise(), {"ties_away_from_zero", "gates_rounded_ties_up"}),
            "They would be told apart by the output gate after step 0 of sequence 0 (counted from "
            "0).");
}

TEST(TellingValue, SaysSoWhereNothingInsideDiffers) {
  EXPECT_EQ(Sentence(HomeworkExercise(), {"memory_forgotten", "memory_not_carried"}),
            "No value inside this exercise tells them apart; one with other parameters may.");
}

TEST(TellingValue, ToldByASingleSequenceNamesNone) {
  Exercise exercise = HomeworkExercise();
  exercise.sequences.resize(1);
  exercise.questions.resize(1);
  EXPECT_EQ(Sentence(exercise, {"inputs_late", "hidden_not_carried"}),
            "They would be told apart by the memory c after step 2 (counted from 0).");
}

TEST(TellingValue, NamesTheLayerIfThereAreSeveral) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const Exercise exercise = RandomExercise(seed);
    const std::string sentence = Sentence(exercise, {"inputs_late", "inputs_reversed"});
    const bool names_a_value = sentence.substr(0, 2) != "No";
    const bool has_layers = exercise.model->shapes().size() > 1;
    const bool names_a_layer = sentence.find(" in layer ") != std::string::npos;
    EXPECT_EQ(names_a_layer, names_a_value && has_layers) << sentence;
  }
}

}  // namespace
}  // namespace cellar
