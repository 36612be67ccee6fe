// What mistakes of formulas lead to, in the homework; its numbers were computed apart from Cellar.
// Each formula by itself is worked out by hand in mistaken_step_test.cc.
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_tables.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

MistakenExercise<float> After(const char* id) {
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(HomeworkExercise());
  EXPECT_TRUE(FindMistake(id)->change(mistaken)) << id;
  return mistaken;
}

std::vector<double> HomeworkWithFormulas(const char* id) {
  return AnswersOf(After(id), HomeworkExercise().questions);
}

TEST(MistakesOfFormulas, LeadToTheseAnswersToTheHomework) {
  EXPECT_THAT(HomeworkWithFormulas("memory_forgotten"),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  EXPECT_THAT(HomeworkWithFormulas("forget_gate_added"),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  EXPECT_THAT(HomeworkWithFormulas("memory_tanh_left_out"),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  EXPECT_THAT(HomeworkWithFormulas("output_gate_left_out"),
              ElementsAre(0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1));
  EXPECT_THAT(HomeworkWithFormulas("hidden_and_memory_exchanged_in_answer"),
              ElementsAre(0, 0, 1, -1, 1, -1, 1, -1, 1, 1, -1));
  EXPECT_THAT(HomeworkWithFormulas("candidate_sigmoid"),
              ElementsAre(0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0));
  EXPECT_THAT(HomeworkWithFormulas("input_sum_for_product"),
              ElementsAre(0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0));
  EXPECT_THAT(HomeworkWithFormulas("forget_gate_on_candidate"),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(HomeworkWithFormulas("gates_tanh"), ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, -1, 1));
  EXPECT_THAT(HomeworkWithFormulas("memory_fed_back"),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, -1, 1));
}

// One way to be wrong each: no two rows of formulas change the same thing.
TEST(MistakesOfFormulas, AreAllDifferentChoicesOfTheFormulas) {
  std::vector<StepFormulas> seen;
  for (const Mistake& mistake : MistakesOfFormulas()) {
    MistakenExercise<float> mistaken;
    mistaken.layers = After("memory_forgotten").layers;
    if (!mistake.change(mistaken) || mistaken.formulas == StepFormulas{}) continue;
    EXPECT_EQ(std::find(seen.begin(), seen.end(), mistaken.formulas), seen.end()) << mistake.id;
    seen.push_back(mistaken.formulas);
  }
  EXPECT_GE(seen.size(), 20u);
}

TEST(MistakesOfFormulas, AreAllInTheCatalogue) {
  for (const Mistake& mistake : MistakesOfFormulas()) {
    EXPECT_NE(FindMistake(mistake.id), nullptr) << mistake.id;
  }
}

}  // namespace
}  // namespace cellar
