#include "server/grading/exercise_proposal.h"

#include <cmath>
#include <optional>
#include <variant>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

int64_t UnseenCount(const MistakeOutcomes& outcomes) {
  int64_t count = 0;
  for (const MistakeOutcome& outcome : outcomes.outcomes) {
    count += outcome.applicable && !outcome.visible ? 1 : 0;
  }
  return count;
}

// A search takes a second; what several tests look at is searched for once.
const std::optional<ProposedExercise>& OfHomework() {
  static const auto& proposed = *new std::optional<ProposedExercise>(
      ProposeExercise(HomeworkExercise(), WorkOutMistakes(HomeworkExercise())));
  return proposed;
}

const std::optional<ProposedExercise>& OfUnroundedHomework() {
  static const auto& proposed = *new std::optional<ProposedExercise>(
      ProposeExercise(HomeworkExercise({}), WorkOutMistakes(HomeworkExercise({}))));
  return proposed;
}

TEST(ExerciseProposal, SeesMoreThanTheHomeworkWhenTheMemoryIsAskedToo) {
  EXPECT_EQ(UnseenCount(WorkOutMistakes(HomeworkExercise())), 46);
  const auto& proposed = OfHomework();
  ASSERT_TRUE(proposed.has_value());
  EXPECT_THAT(proposed->unseen, ElementsAre("ties_to_even"));  // |h| is below 1.5
  EXPECT_EQ(proposed->added_question_count, 2u);
  EXPECT_EQ(proposed->changes,
            "Weights and inputs are other small numbers, and the memory c of the last layer is "
            "asked, too.");
  EXPECT_LE(proposed->indistinct_pair_count, 20);
}

TEST(ExerciseProposal, SeesEveryMistakeInHWhereNothingIsRounded) {
  const auto& proposed = OfUnroundedHomework();
  ASSERT_TRUE(proposed.has_value());
  EXPECT_THAT(proposed->unseen, IsEmpty());
  EXPECT_EQ(proposed->added_question_count, 0u);
  EXPECT_LE(proposed->indistinct_pair_count, 3);
}

TEST(ExerciseProposal, SaysOfItsExerciseWhatACheckOfItSays) {
  const auto& proposed = OfHomework();
  ASSERT_TRUE(proposed.has_value());
  const MistakeOutcomes again = WorkOutMistakes(proposed->exercise);
  EXPECT_EQ(UnseenCount(again), static_cast<int64_t>(proposed->unseen.size()));
  EXPECT_EQ(IndistinctPairCount(again), proposed->indistinct_pair_count);
}

TEST(ExerciseProposal, IsTheSameEveryTimeInSmallQuarters) {
  const Exercise homework = HomeworkExercise();
  const auto& first = OfHomework();
  const auto second = ProposeExercise(homework, WorkOutMistakes(homework));
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(first->exercise.model->digest(), second->exercise.model->digest());
  EXPECT_EQ(first->exercise.sequences[1].inputs, second->exercise.sequences[1].inputs);
  EXPECT_EQ(first->exercise.model->shapes(), homework.model->shapes());
  for (const float x : std::get<std::vector<float>>(first->exercise.sequences[0].inputs)) {
    EXPECT_EQ(4 * x, std::round(4 * x));
    EXPECT_LE(std::fabs(x), 3);
    EXPECT_NE(x, 0);
  }
}

TEST(ExerciseProposal, IsNotMadeWhereNothingIsBetter) {
  const auto& proposed = OfUnroundedHomework();
  ASSERT_TRUE(proposed.has_value());
  const MistakeOutcomes perfect = {{}, std::vector<MistakeOutcome>(3), {}};
  EXPECT_FALSE(ProposeExercise(proposed->exercise, perfect).has_value());
}

}  // namespace
}  // namespace cellar
