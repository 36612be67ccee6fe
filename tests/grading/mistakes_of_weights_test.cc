// What mistakes of weights lead to, in the homework; its numbers were computed apart from Cellar.
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_tables.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

std::vector<double> HomeworkWithWeights(const char* id) {
  const Exercise exercise = HomeworkExercise();
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(exercise);
  EXPECT_TRUE(FindMistake(id)->change(mistaken)) << id;
  return AnswersOf(mistaken, exercise.questions);
}

TEST(MistakesOfWeights, LeadToTheseAnswersToTheHomework) {
  EXPECT_THAT(HomeworkWithWeights("forget_input_swapped"),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(HomeworkWithWeights("input_output_swapped"),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  EXPECT_THAT(HomeworkWithWeights("output_bias_shared"),
              ElementsAre(0, 0, 1, 0, 1, 0, 1, 0, 0, 1, -1));
  EXPECT_THAT(HomeworkWithWeights("candidate_weights_swapped"),
              ElementsAre(0, 0, -1, -1, -1, 0, -1, -1, 0, -1, -1));
  EXPECT_THAT(HomeworkWithWeights("candidate_input_weights_sign"),
              ElementsAre(0, 0, -1, 1, -1, 0, -1, 1, 0, -1, 1));
  EXPECT_THAT(HomeworkWithWeights("candidate_recurrent_weights_sign"),
              ElementsAre(0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1));
  EXPECT_THAT(HomeworkWithWeights("forget_gate_bias_sign"),
              ElementsAre(0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0));
  EXPECT_THAT(HomeworkWithWeights("input_gate_input_weights_left_out"),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  EXPECT_THAT(HomeworkWithWeights("output_gate_input_weights_left_out"),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
}

TEST(MistakesOfWeights, HaveTitlesInPlainWords) {
  EXPECT_EQ(FindMistake("input_candidate_swapped")->title, "input gate and candidate swapped");
  EXPECT_EQ(FindMistake("output_gate_bias_left_out")->title, "the output gate's bias left out");
  EXPECT_EQ(FindMistake("update_gate_reset_gate_biases_swapped")->title,
            "biases of update gate and reset gate swapped");
}

TEST(MistakesOfWeights, AreAllInTheCatalogue) {
  for (const Mistake& mistake : MistakesOfWeights()) {
    EXPECT_NE(FindMistake(mistake.id), nullptr) << mistake.id;
  }
}

}  // namespace
}  // namespace cellar
