#include "server/grading/mistake_outcomes.h"

#include <algorithm>
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

using ::testing::ElementsAre;

size_t IndexOf(const char* id) {
  return static_cast<size_t>(FindMistake(id) - MistakeCatalogue().data());
}

std::vector<std::string> IdsOf(const OutcomeGroup& group) {
  std::vector<std::string> ids;
  for (const size_t member : group.members) ids.push_back(MistakeCatalogue()[member].id);
  return ids;
}

TEST(MistakeOutcomes, TellWhichMistakesTheHomeworkSees) {
  const MistakeOutcomes all = WorkOutMistakes(HomeworkExercise());
  EXPECT_THAT(all.expected, ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
  const MistakeOutcome& forgotten = all.outcomes[IndexOf("memory_forgotten")];
  EXPECT_TRUE(forgotten.applicable);
  EXPECT_FALSE(forgotten.visible);
  const MistakeOutcome& peepholes = all.outcomes[IndexOf("peepholes_left_out")];
  EXPECT_FALSE(peepholes.applicable);
  EXPECT_FALSE(all.outcomes[IndexOf("update_gate_inverted")].applicable);
  const MistakeOutcome& ties = all.outcomes[IndexOf("ties_away_from_zero")];
  EXPECT_TRUE(ties.visible);
  EXPECT_THAT(IdsOf(all.groups[ties.group]),
              ElementsAre("ties_away_from_zero", "output_gate_left_out", "gates_rounded_ties_up",
                          "output_gate_bias_from_neighbour"));
  EXPECT_THAT(all.groups[ties.group].telling,
              ElementsAre(false, false, false, false, false, true, false, false, true, true, true));
}

TEST(MistakeOutcomes, PutEveryVisibleMistakeInOneGroup) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const MistakeOutcomes all = WorkOutMistakes(RandomExercise(seed));
    size_t visible_count = 0;
    for (size_t k = 0; k < all.outcomes.size(); ++k) {
      if (!all.outcomes[k].visible) continue;
      ++visible_count;
      const std::vector<size_t>& members = all.groups[all.outcomes[k].group].members;
      EXPECT_EQ(std::count(members.begin(), members.end(), k), 1) << "seed " << seed;
    }
    size_t member_count = 0;
    for (const OutcomeGroup& group : all.groups) {
      member_count += group.members.size();
      EXPECT_TRUE(std::is_sorted(group.members.begin(), group.members.end(), IsLikelier));
      EXPECT_EQ(all.groups[group.taken_for].taken_for, group.taken_for) << "it stands for itself";
    }
    EXPECT_EQ(member_count, visible_count) << "seed " << seed;
  }
}

TEST(MistakeOutcomes, CompareByTheRuleOfEachQuestion) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].comparison = {.absolute = 0.5};
  const AnswerComparison comparison(exercise);
  EXPECT_EQ(comparison.value_count(), 11u);
  EXPECT_TRUE(comparison.AcceptsValue(5, 1, 1.4));
  EXPECT_FALSE(comparison.AcceptsValue(6, 1, 1.4));
}

TEST(MistakeOutcomes, KeepApartWhatChangesANumberAndIsTakenForRight) {
  size_t faint_count = 0;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const MistakeOutcomes all = WorkOutMistakes(RandomExercise(seed));
    for (const OutcomeGroup& group : all.faint_groups) {
      EXPECT_FALSE(AreSameAnswer(group.values, all.expected)) << "seed " << seed;
      EXPECT_EQ(std::count(group.telling.begin(), group.telling.end(), true), 0);
      EXPECT_EQ(group.telling.size(), group.values.size());
      EXPECT_TRUE(std::is_sorted(group.members.begin(), group.members.end(), IsLikelier));
      for (const size_t member : group.members) {
        EXPECT_TRUE(all.outcomes[member].applicable && !all.outcomes[member].visible);
      }
      faint_count += group.members.size();
    }
  }
  EXPECT_GT(faint_count, 0u);
}

TEST(MistakeOutcomes, PairOftenSeenMistakesThatGiveAnAnswerOfTheirOwn) {
  const Exercise exercise = HomeworkExercise({});
  const MistakeOutcomes single = WorkOutMistakes(exercise);
  const AnswerComparison comparison(exercise);
  const std::vector<OutcomeGroup> pairs = WorkOutPairs(exercise, single);
  EXPECT_FALSE(pairs.empty());
  for (const OutcomeGroup& pair : pairs) {
    ASSERT_EQ(pair.members.size(), 2u);
    for (const size_t member : pair.members) {
      EXPECT_EQ(MistakeCatalogue()[member].seen, Seen::kOften);
    }
    for (const OutcomeGroup& group : single.groups) {
      EXPECT_FALSE(comparison.AcceptsAll(group.values, pair.values));
    }
  }
}

TEST(MistakeOutcomes, GrowInWorkWithStepsAndSizes) {
  const Exercise homework = HomeworkExercise();
  EXPECT_EQ(MistakeWork(homework), 11 * (8 + 40) * static_cast<int64_t>(MistakeCatalogue().size()));
}

TEST(MistakeOutcomes, RankMistakesByHowOftenTheyWereSeenThenByOrder) {
  EXPECT_TRUE(IsLikelier(IndexOf("forget_input_swapped"), IndexOf("rounded_up")));
  EXPECT_TRUE(IsLikelier(IndexOf("ties_up"), IndexOf("rounded_up")));
  EXPECT_FALSE(IsLikelier(IndexOf("candidate_relu"), IndexOf("candidate_not_activated")));
}

}  // namespace
}  // namespace cellar
