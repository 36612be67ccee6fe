#include "server/api/convert_exercise.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/exercise_digest.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;
using ::testing::SizeIs;

absl::StatusOr<Exercise> Build(const v1::Exercise& message, const ApiLimits& limits = {}) {
  return BuildExercise(message, limits, {});
}

std::vector<std::string> Violations(const v1::Exercise& message) {
  return ViolatedFields(Build(message).status());
}

TEST(BuildExercise, TheHomeworkIsTheHomework) {
  const auto exercise = Build(HomeworkMessage());
  ASSERT_TRUE(exercise.ok()) << exercise.status();
  EXPECT_EQ(ExerciseDigest(*exercise), ExerciseDigest(HomeworkExercise()));
  EXPECT_EQ(exercise->feedback, Feedback::kSteps);
}

TEST(BuildExercise, OutputOnlyFieldsAreIgnored) {
  v1::Exercise message = HomeworkMessage();
  message.set_name("no name");
  message.set_digest("no digest");
  EXPECT_TRUE(Build(message).ok());
}

TEST(BuildExercise, TheStateBeforeTheFirstStepIsTaken) {
  v1::Exercise message = HomeworkMessage();
  *message.mutable_sequences(1)->mutable_initial_state()->add_layers()->mutable_h() =
      ValuesOf({0.5});
  const auto exercise = Build(message);
  ASSERT_TRUE(exercise.ok()) << exercise.status();
  EXPECT_THAT(std::get<StackState<float>>(*exercise->sequences[1].initial_state).layers[0].h,
              ElementsAre(0.5F));
  EXPECT_THAT(std::get<StackState<float>>(*exercise->sequences[0].initial_state).layers[0].h,
              ElementsAre(0));
}

TEST(BuildExercise, Float64NumericsGiveAnUnspecifiedModelTheirPrecision) {
  v1::Exercise message = HomeworkMessage();
  message.mutable_model()->clear_precision();
  message.mutable_numerics()->set_precision(v1::PRECISION_FLOAT64);
  EXPECT_EQ(Build(message)->model->precision(), Precision::kFloat64);
  EXPECT_TRUE(std::holds_alternative<std::vector<double>>(Build(message)->sequences[0].inputs));
}

TEST(BuildExercise, AnEmptyMessageLacksModelAndSequences) {
  EXPECT_THAT(Violations({}), ElementsAre("exercise.model", "exercise.sequences"));
}

TEST(BuildExercise, AllViolationsAreListedWithTheirPaths) {
  v1::Exercise message = HomeworkMessage();
  message.mutable_numerics()->set_rounding(static_cast<v1::Rounding>(9));
  message.set_feedback(static_cast<v1::Feedback>(9));
  message.add_sequences();
  message.mutable_sequences(0)->mutable_inputs()->add_shape(7);
  *message.mutable_sequences(1)->mutable_initial_state()->add_layers()->mutable_c() =
      ValuesOf({1, 2});
  message.set_credit(static_cast<v1::Credit>(9));
  message.add_questions()->set_points(-1);
  message.add_variations();
  EXPECT_THAT(Violations(message),
              IsSupersetOf({"exercise.numerics.rounding", "exercise.feedback", "exercise.credit",
                            "exercise.sequences[0].inputs.shape", "exercise.sequences[2].inputs",
                            "exercise.sequences[1].initial_state.layers[0].c",
                            "exercise.questions[0].points", "exercise.variations[0].field",
                            "exercise.variations[0].draw"}));
}

TEST(BuildExercise, TheModelsViolationsStandAmongTheOthers) {
  v1::Exercise message = HomeworkMessage();
  message.mutable_model()->mutable_layers(0)->mutable_lstm()->clear_candidate();
  message.set_feedback(static_cast<v1::Feedback>(9));
  EXPECT_THAT(Violations(message),
              ElementsAre("exercise.model.layers[0].lstm.candidate", "exercise.feedback"));
}

TEST(BuildExercise, AModelThatReadsBackwardsIsRefused) {
  v1::Exercise message = HomeworkMessage();
  *message.mutable_model()->add_backward_layers() = message.model().layers(0);
  EXPECT_THAT(Violations(message), ElementsAre("exercise.model.backward_layers"));
}

TEST(BuildExercise, WeightsMustFitThePrecision) {
  v1::Exercise message = HomeworkMessage();
  message.mutable_model()->set_precision(v1::PRECISION_FLOAT64);
  message.mutable_numerics()->set_precision(v1::PRECISION_FLOAT32);
  message.mutable_model()
      ->mutable_layers(0)
      ->mutable_lstm()
      ->mutable_candidate()
      ->mutable_bias()
      ->set_values(0, 1e300);
  EXPECT_THAT(Violations(message), ElementsAre("exercise.numerics.precision"));
}

TEST(BuildExercise, StepsAndValuesHaveCaps) {
  ApiLimits limits;
  limits.max_steps_per_request = 11;
  EXPECT_TRUE(Build(HomeworkMessage(), limits).ok());
  limits.max_steps_per_request = 10;
  EXPECT_EQ(GetErrorReason(Build(HomeworkMessage(), limits).status()), "STEP_COUNT_LIMIT");
  limits = {};
  limits.max_exercise_values = 10;
  EXPECT_THAT(ViolatedFields(Build(HomeworkMessage(), limits).status()),
              ElementsAre("exercise.sequences[1]"));
  limits = {};
  limits.model.max_parameters = 5;
  EXPECT_EQ(GetErrorReason(Build(HomeworkMessage(), limits).status()), "MODEL_SIZE_LIMIT");
}

TEST(BuildExercise, AStateOfEmptyLayersIsTheSharedZeroOne) {
  v1::Exercise message = HomeworkMessage();
  message.mutable_sequences(1)->mutable_initial_state()->add_layers();
  const auto exercise = Build(message);
  ASSERT_TRUE(exercise.ok()) << exercise.status();
  EXPECT_EQ(exercise->sequences[0].initial_state, exercise->sequences[1].initial_state);
  message.mutable_sequences(1)->mutable_initial_state()->add_layers();
  EXPECT_THAT(Violations(message), ElementsAre("exercise.sequences[1].initial_state.layers"));
}

TEST(BuildExercise, NobodyReadsMoreThanAThousandViolations) {
  v1::Exercise message = HomeworkMessage();
  for (int i = 0; i < 5000; ++i) message.add_sequences();
  EXPECT_LE(Violations(message).size(), 1100u);
}

TEST(BuildExercise, EarlierViolationsAndAnotherPathAreKept) {
  const auto exercise = BuildExercise({}, {},
                                      {.path = "open.inline_exercise",
                                       .now = absl::UnixEpoch(),
                                       .violations = {{"feedback", "is odd"}}});
  EXPECT_THAT(
      ViolatedFields(exercise.status()),
      ElementsAre("feedback", "open.inline_exercise.model", "open.inline_exercise.sequences"));
}

}  // namespace
}  // namespace cellar
