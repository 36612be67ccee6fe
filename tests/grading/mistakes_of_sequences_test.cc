// What mistakes of inputs and states lead to, in the homework; its numbers were computed apart from
// Cellar.
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_tables.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

std::vector<double> HomeworkWithSequences(const char* id) {
  const Exercise exercise = HomeworkExercise();
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(exercise);
  EXPECT_TRUE(FindMistake(id)->change(mistaken)) << id;
  return AnswersOf(mistaken, exercise.questions);
}

TEST(MistakesOfSequences, LeadToTheseAnswersToTheHomework) {
  EXPECT_THAT(HomeworkWithSequences("hidden_not_carried"),
              ElementsAre(0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1));
  EXPECT_THAT(HomeworkWithSequences("initial_hidden_one"),
              ElementsAre(0, 0, 1, -1, 1, 0, -1, 1, 0, 1, -1));
  EXPECT_THAT(HomeworkWithSequences("initial_memory_one"),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  EXPECT_THAT(HomeworkWithSequences("inputs_late"), ElementsAre(0, 0, 0, 1, -1, 1, 0, 1, -1, 0, 1));
  EXPECT_THAT(HomeworkWithSequences("answer_reversed"),
              ElementsAre(0, 1, -1, 1, 0, 0, -1, 1, 0, -1, 1));
}

TEST(MistakesOfSequences, LeaveAnInitialStateOutOnlyIfThereIsOne) {
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(HomeworkExercise());
  EXPECT_FALSE(FindMistake("initial_state_left_out")->change(mistaken));
  mistaken.sequences[0].initial_state.layers[0].h = {0.5};
  EXPECT_TRUE(FindMistake("initial_state_left_out")->change(mistaken));
}

TEST(MistakesOfSequences, AreAllInTheCatalogue) {
  for (const Mistake& mistake : MistakesOfSequences()) {
    EXPECT_NE(FindMistake(mistake.id), nullptr) << mistake.id;
  }
}

}  // namespace
}  // namespace cellar
