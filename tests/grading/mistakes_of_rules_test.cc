// What mistakes of rules lead to, in the homework; its numbers were computed apart from Cellar.
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/mistake_catalogue.h"
#include "server/grading/mistake_tables.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

constexpr Numerics kExactRules = {.rounding = Rounding::kNearestTiesToZero,
                                  .rounding_scope = RoundingScope::kFeedback};

std::vector<double> HomeworkUnder(const char* id, const Numerics& numerics = kCourseRules) {
  const Exercise exercise = HomeworkExercise(numerics);
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(exercise);
  EXPECT_TRUE(FindMistake(id)->change(mistaken)) << id;
  return AnswersOf(mistaken, exercise.questions);
}

TEST(MistakesOfRules, RoundElsewhereAndOtherwise) {
  EXPECT_THAT(HomeworkUnder("raw_feedback"), ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 0, 1));
  EXPECT_THAT(HomeworkUnder("raw_feedback", kExactRules),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  EXPECT_THAT(HomeworkUnder("ties_away_from_zero"),
              ElementsAre(0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1));
  EXPECT_THAT(HomeworkUnder("rounded_up", kExactRules),
              ElementsAre(0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0));
  EXPECT_THAT(HomeworkUnder("truncated", kExactRules),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(HomeworkUnder("everything_cut", kExactRules),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  EXPECT_THAT(HomeworkUnder("gates_rounded_ties_up"),
              ElementsAre(0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1));
}

TEST(MistakesOfRules, LeaveRoundingOut) {
  EXPECT_THAT(HomeworkUnder("not_rounded"), ElementsAre(0, 0, 1, -1, 1, -.5, 1, -1, .5, 0, 1));
  EXPECT_THAT(HomeworkUnder("answer_not_rounded"),
              ElementsAre(0, 0, 1, -1, 1, -.5, 1, -1, .5, 1, -1));
}

TEST(MistakesOfRules, CanBeMadeUnderTheRulesThatTheyBreakOnly) {
  const Exercise exercise = HomeworkExercise();
  for (const char* id : {"rounded_feedback", "rounded_needlessly", "saturating_functions",
                         "saturating_sigmoid", "saturating_tanh"}) {
    MistakenExercise<float> mistaken = UnmistakenExercise<float>(exercise);
    EXPECT_FALSE(FindMistake(id)->change(mistaken)) << id;
  }
}

TEST(MistakesOfRules, AreAllInTheCatalogue) {
  for (const Mistake& mistake : MistakesOfRules()) {
    EXPECT_NE(FindMistake(mistake.id), nullptr) << mistake.id;
  }
}

}  // namespace
}  // namespace cellar
