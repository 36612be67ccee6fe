#include "tests/testing/random_exercise.h"

#include <set>

#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"

namespace cellar {
namespace {

TEST(RandomExercise, IsEqualForEqualSeedsAndOfEveryKindForMany) {
  std::set<CellKind> kinds;
  std::set<Quantity> quantities;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const Exercise exercise = RandomExercise(seed);
    const Exercise again = RandomExercise(seed);
    EXPECT_EQ(exercise.model->digest(), again.model->digest()) << "seed " << seed;
    EXPECT_EQ(exercise.value_count(), again.value_count()) << "seed " << seed;
    for (const CellShape& shape : exercise.model->shapes()) kinds.insert(shape.kind);
    for (const Question& question : exercise.questions) quantities.insert(question.quantity);
  }
  EXPECT_EQ(kinds.size(), 4u);
  EXPECT_EQ(quantities.size(), 8u);
}

TEST(RandomExercise, DealsOutValuesToTheQuestions) {
  const Exercise exercise = HomeworkExercise();
  const Answer answer = AnswerOf(exercise, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11});
  ASSERT_EQ(answer.size(), 2u);
  EXPECT_EQ(*answer[0], (std::vector<double>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(*answer[1], (std::vector<double>{7, 8, 9, 10, 11}));
}

}  // namespace
}  // namespace cellar
