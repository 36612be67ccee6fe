#include "server/grading/expected_values.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/step_runner.h"
#include "server/grading/trace_values.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

std::vector<std::vector<double>> Values(const Exercise& exercise) {
  return ExpectedValues(exercise, [] { return false; }).value();
}

TEST(ExpectedValues, OnlyWhatIsAskedInTheOrderAsked) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].steps = {2, 3};
  exercise.questions[1].steps = {4};
  Ask(exercise, Quantity::kOutputGate, 0).steps = {0, 2};
  EXPECT_THAT(Values(exercise),
              ElementsAre(ElementsAre(1, -1), ElementsAre(-1), ElementsAre(0.5, 1)));
}

TEST(ExpectedValues, StartFromTheStateGiven) {
  Exercise exercise = HomeworkExercise();
  AnyStackState state = *exercise.sequences[0].initial_state;
  std::get<StackState<float>>(state).layers[0].h[0] = 1;
  exercise.sequences[0].initial_state = std::make_shared<const AnyStackState>(state);
  EXPECT_THAT(Values(exercise)[0], ElementsAre(0, 0, 1, -1, 1, 0));  // the first x is 0
  std::get<std::vector<float>>(exercise.sequences[0].inputs)[0] = 1;
  EXPECT_EQ(Values(exercise)[0][0], -1);
}

// Every quantity of every layer, in one run and cut into pieces, is what RunSteps gives.
TEST(ExpectedValues, AreThoseOfTheWholeTraceHoweverLong) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed, {.precision = Precision::kFloat64});
    const int64_t step_count = seed < 2 ? 70'000 : 5;  // more than a piece
    const auto inputs = RandomNumbers<double>(seed, step_count * model->input_size());
    const Numerics numerics = {.precision = Precision::kFloat64};
    Exercise exercise = ExerciseOf(model, numerics, {inputs});
    auto state = std::get<StackState<double>>(*exercise.sequences[0].initial_state);
    const StackTrace<double> trace = RunSteps<double>(
        *model, numerics, inputs, {TraceView::kTrace, TraceDensity::kEveryStep}, state);
    for (size_t layer = 0; layer < model->shapes().size(); ++layer) {
      for (const Quantity quantity :
           {Quantity::kH, Quantity::kC, Quantity::kForgetGate, Quantity::kInputGate,
            Quantity::kOutputGate, Quantity::kUpdateGate, Quantity::kResetGate,
            Quantity::kCandidate}) {
        const int64_t length = QuantityLength(model->shapes()[layer], quantity);
        if (length == 0) continue;
        Question& question = Ask(exercise, Quantity::kH);
        question.quantity = quantity;
        question.layer = static_cast<int64_t>(layer);
        question.elements = {length - 1};
      }
    }
    const auto values = Values(exercise);
    for (size_t q = 0; q < values.size(); ++q) {
      ASSERT_EQ(values[q].size(), static_cast<size_t>(step_count));
      for (int64_t t = 0; t < step_count; ++t) {
        ASSERT_EQ(values[q][t], TraceValue(trace, exercise.questions[q].ValueAt(t), t));
      }
    }
  }
}

TEST(ExpectedValues, StopWhenNobodyWaits) {
  EXPECT_EQ(ExpectedValues(HomeworkExercise(), [] { return true; }).status().code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace cellar
