#include "server/grading/exercise_digest.h"

#include <functional>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

TEST(ExerciseDigest, EverythingThatBearsOnVerdictsChangesIt) {
  const std::vector<std::function<void(Exercise&)>> changes = {
      [](Exercise& e) { e.model = RandomModel(7, {.kind = CellKind::kLstm}); },
      [](Exercise& e) { e.numerics.activation_rule = ActivationRule::kExact; },
      [](Exercise& e) { e.numerics.rounding = Rounding::kNone; },
      [](Exercise& e) { e.numerics.rounding_scope = RoundingScope::kReport; },
      [](Exercise& e) { std::get<std::vector<float>>(e.sequences[0].inputs)[0] = 1; },
      [](Exercise& e) { e.sequences.pop_back(); },
      [](Exercise& e) {
        AnyStackState state = *e.sequences[0].initial_state;
        std::get<StackState<float>>(state).layers[0].h[0] = 1;
        e.sequences[0].initial_state = std::make_shared<const AnyStackState>(state);
      },
      [](Exercise& e) { e.questions[0].id = "other"; },
      [](Exercise& e) { e.questions[0].sequence = 1; },
      [](Exercise& e) { e.questions[0].quantity = Quantity::kC; },
      [](Exercise& e) { e.questions[0].layer = 1; },
      [](Exercise& e) { e.questions[0].steps.pop_back(); },
      [](Exercise& e) { e.questions[0].elements.push_back(1); },
      [](Exercise& e) { e.questions[0].points = 2; },
      [](Exercise& e) { e.questions[0].comparison.relative = 0; },
      [](Exercise& e) { e.questions[0].comparison.absolute = 1; },
      [](Exercise& e) { e.questions[0].comparison = {.ulps = 0}; },
      [](Exercise& e) { e.questions[0].comparison = {.decimals = 0}; },
      [](Exercise& e) { e.questions[0].credit = Credit::kCarried; },
      [](Exercise& e) { e.questions.pop_back(); },
      [](Exercise& e) {
        e.variations.push_back({"sequences[0].inputs", {0}, Choices{1}});
      },
      [](Exercise& e) {
        e.variations.push_back({"sequences[0].inputs", {0}, Range{1, 1, 1}});
      },
      [](Exercise& e) {
        e.variations.push_back({"sequences[0].inputs", {1}, Choices{1}});
      },
  };
  std::set<std::string> digests = {ExerciseDigest(HomeworkExercise())};
  for (size_t i = 0; i < changes.size(); ++i) {
    Exercise exercise = HomeworkExercise();
    changes[i](exercise);
    EXPECT_TRUE(digests.insert(ExerciseDigest(exercise)).second) << "change " << i;
  }
}

TEST(ExerciseDigest, TheFeedbackLevelDoesNot) {
  Exercise exercise = HomeworkExercise();
  exercise.feedback = Feedback::kExpected;
  EXPECT_EQ(ExerciseDigest(exercise), ExerciseDigest(HomeworkExercise()));
}

TEST(ExerciseDigest, IsTheSameOnEveryMachine) {
  EXPECT_EQ(ExerciseDigest(HomeworkExercise()),
            "382964b9ccc75f35977c032e8776a304c2d36784ad664ff776c88ba1d5a316c9");
}

}  // namespace
}  // namespace cellar
