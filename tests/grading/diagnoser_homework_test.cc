// The course problem: which mistakes an answer to it can come from. The answers and their causes
// were computed apart from Cellar, from the equations, for three dozen mistakes; the catalogue has
// more, so a row lists all it finds and the comments say which of them are the three dozen's.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/diagnoser.h"
#include "server/grading/mistake_catalogue.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/random_exercise.h"

namespace cellar {
namespace {

using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::UnorderedElementsAreArray;

using Ids = std::vector<std::string>;

constexpr Numerics kExactRules = {.rounding = Rounding::kNearestTiesToZero,
                                  .rounding_scope = RoundingScope::kFeedback};

// The three dozen that can be visible or not in the homework, by the ids that they have here.
const Ids kKnown = {"raw_feedback",
                    "memory_forgotten",
                    "forget_gate_added",
                    "input_output_swapped",
                    "memory_tanh_left_out",
                    "input_gate_input_weights_left_out",
                    "gates_rounded",
                    "initial_memory_one",
                    "ties_away_from_zero",
                    "output_gate_left_out",
                    "hidden_and_memory_exchanged_in_answer",
                    "hidden_not_carried",
                    "candidate_recurrent_weights_sign",
                    "candidate_sigmoid",
                    "forget_gate_bias_sign",
                    "forget_gate_input_weights_from_neighbour",
                    "input_sum_for_product",
                    "rounded_up",
                    "output_bias_shared",
                    "forget_input_swapped",
                    "forget_output_swapped",
                    "forget_gate_on_candidate",
                    "input_gate_bias_sign",
                    "output_gate_input_weights_left_out",
                    "truncated",
                    "gates_tanh",
                    "memory_fed_back",
                    "candidate_input_weights_sign",
                    "candidate_weights_swapped",
                    "initial_hidden_one",
                    "inputs_late",
                    "not_rounded"};

// The ids that a diagnosis names, first and in same_as.
Ids Named(const Diagnoses& diagnoses) {
  if (diagnoses.likeliest_first.empty()) return {};
  Ids ids = diagnoses.likeliest_first[0].same_as;
  ids.push_back(diagnoses.likeliest_first[0].mistake);
  return ids;
}

// Those of the three dozen among what the answer is consistent with.
Ids KnownCauses(const Numerics& numerics, const std::vector<double>& answer) {
  const Exercise exercise = HomeworkExercise(numerics);
  const Diagnoser diagnoser(exercise);
  Ids known;
  for (const std::string& id : Named(diagnoser.Diagnose(AnswerOf(exercise, answer)))) {
    if (std::find(kKnown.begin(), kKnown.end(), id) != kKnown.end()) known.push_back(id);
  }
  return known;
}

struct Row {
  std::vector<double> entered;  // states 1, then states 2
  Ids saturating;               // what it may be under the course's rules
  Ids exact;                    // and under exact functions
};

TEST(DiagnoserHomework, NamesTheMistakesThatEachAnswerMayComeFrom) {
  const std::vector<Row> rows = {
      {{0, 0, 1, -1, 1, 0, 1, -1, 0, 0, 1}, {"raw_feedback"}, {}},
      {{0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 1},
       {"ties_away_from_zero", "output_gate_left_out"},
       {"output_gate_left_out"}},
      {{0, 0, 1, -1, 1, -1, 1, -1, 1, 1, -1},
       {"hidden_and_memory_exchanged_in_answer"},
       {"hidden_and_memory_exchanged_in_answer"}},
      {{0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1},
       {"hidden_not_carried", "candidate_recurrent_weights_sign"},
       {"hidden_not_carried", "candidate_recurrent_weights_sign"}},
      {{0, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0},
       {"candidate_sigmoid", "forget_gate_bias_sign", "forget_gate_input_weights_from_neighbour",
        "input_sum_for_product"},
       {"candidate_sigmoid", "forget_gate_bias_sign", "forget_gate_input_weights_from_neighbour",
        "input_sum_for_product", "rounded_up"}},
      {{0, 0, 1, 0, 1, 0, 1, 0, 0, 1, -1}, {"output_bias_shared"}, {"output_bias_shared"}},
      {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
       {"forget_input_swapped", "forget_output_swapped", "forget_gate_on_candidate",
        "input_gate_bias_sign", "output_gate_input_weights_left_out"},
       {"forget_input_swapped", "forget_output_swapped", "forget_gate_on_candidate",
        "input_gate_bias_sign", "output_gate_input_weights_left_out", "truncated"}},
      {{0, 0, 1, -1, 1, 0, 1, -1, 0, -1, 1},
       {"gates_tanh", "memory_fed_back"},
       {"gates_tanh", "memory_fed_back"}},
      {{0, 0, -1, 1, -1, 0, -1, 1, 0, -1, 1},
       {"candidate_input_weights_sign"},
       {"candidate_input_weights_sign"}},
      {{0, 0, -1, -1, -1, 0, -1, -1, 0, -1, -1},
       {"candidate_weights_swapped"},
       {"candidate_weights_swapped"}},
      {{0, 0, 1, -1, 1, 0, -1, 1, 0, 1, -1}, {"initial_hidden_one"}, {"initial_hidden_one"}},
      {{0, 0, 0, 1, -1, 1, 0, 1, -1, 0, 1}, {"inputs_late"}, {"inputs_late"}},
      {{0, 0, 1, -1, 1, -.5, 1, -1, .5, 0, 1}, {"not_rounded"}, {}}};
  for (const Row& row : rows) {
    EXPECT_THAT(KnownCauses(kCourseRules, row.entered), UnorderedElementsAreArray(row.saturating))
        << testing::PrintToString(row.entered);
    EXPECT_THAT(KnownCauses(kExactRules, row.entered), UnorderedElementsAreArray(row.exact))
        << testing::PrintToString(row.entered);
  }
}

TEST(DiagnoserHomework, CannotSeeTheMistakesThatLeaveTheAnswerRight) {
  const Exercise exercise = HomeworkExercise(kExactRules);
  const Diagnoser diagnoser(exercise);
  for (const char* id :
       {"raw_feedback", "memory_forgotten", "forget_gate_added", "input_output_swapped",
        "memory_tanh_left_out", "input_gate_input_weights_left_out", "gates_rounded",
        "initial_memory_one", "candidate_bias_at_output_gate"}) {
    const auto index = static_cast<size_t>(FindMistake(id) - MistakeCatalogue().data());
    EXPECT_TRUE(diagnoser.outcomes()->outcomes[index].applicable) << id;
    EXPECT_FALSE(diagnoser.outcomes()->outcomes[index].visible) << id;
  }
}

TEST(DiagnoserHomework, SaysNothingOfTheAcceptedAnswer) {
  const Exercise exercise = HomeworkExercise();
  const Diagnoses diagnoses =
      Diagnoser(exercise).Diagnose(AnswerOf(exercise, {0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1}));
  EXPECT_THAT(diagnoses.likeliest_first, IsEmpty());
  EXPECT_EQ(diagnoses.how_to_tell_apart, "");
}

TEST(DiagnoserHomework, NamesWhatStudentsWereSeenToDoFirst) {
  const Exercise exercise = HomeworkExercise();
  const Diagnoses diagnoses =
      Diagnoser(exercise).Diagnose(AnswerOf(exercise, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  ASSERT_EQ(diagnoses.likeliest_first.size(), kMaxDiagnoses);
  EXPECT_EQ(diagnoses.likeliest_first[0].mistake, "forget_input_swapped");
  EXPECT_EQ(diagnoses.likeliest_first[0].title, "forget and input gate swapped");
  EXPECT_EQ(diagnoses.likeliest_first[0].matching_count, 11);
  EXPECT_EQ(diagnoses.likeliest_first[0].value_count, 11);
  EXPECT_EQ(diagnoses.likeliest_first[0].telling_count, 7);
}

}  // namespace
}  // namespace cellar
