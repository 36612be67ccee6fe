#include "server/api/evaluation_plan.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/answer_size.h"
#include "server/api/convert_model.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

class EvaluationPlanTest : public testing::Test {
 protected:
  explicit EvaluationPlanTest(const ApiFixtureOptions& options = {}) : fixture_(options) {
    fixture_.AddModel(HomeworkModel());
  }

  static v1::EvaluateRequest Homework() {
    v1::EvaluateRequest request;
    request.set_model("models/homework");
    *request.add_sequences()->mutable_inputs() = ValuesOf({1});
    return request;
  }
  absl::StatusOr<EvaluationPlan> Plan(const v1::EvaluateRequest& request) {
    return PlanEvaluation(fixture_.api(), Call(LocalCaller()), request);
  }
  std::vector<std::string> Violations(const v1::EvaluateRequest& request) {
    return ViolatedFields(Plan(request).status());
  }
  std::string Reason(const v1::EvaluateRequest& request) {
    return GetErrorReason(Plan(request).status());
  }

  ApiFixture fixture_;
};

TEST_F(EvaluationPlanTest, AModelASequenceAndNothingElseIsEnough) {
  const auto plan = Plan(Homework());
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->model->name(), "models/homework");
  EXPECT_EQ(plan->numerics, Numerics());
  EXPECT_EQ(plan->options.view, TraceView::kOutput);
  EXPECT_EQ(plan->encoding, v1::ENCODING_VALUES);
  EXPECT_FALSE(plan->whole);
  ASSERT_THAT(plan->sequences, SizeIs(1));
  EXPECT_EQ(plan->sequences[0].step_count, 1);
}

TEST_F(EvaluationPlanTest, AModelInTheOtherPrecisionIsChargedForIt) {
  const int64_t bytes = fixture_.api().models.Look().bytes;
  v1::EvaluateRequest request = Homework();
  request.mutable_numerics()->set_precision(v1::PRECISION_FLOAT64);
  ASSERT_TRUE(Plan(request).ok());
  ASSERT_TRUE(Plan(request).ok());
  EXPECT_EQ(fixture_.api().models.Look().bytes,
            bytes + HomeworkModel()->memory_bytes(Precision::kFloat64));
}

TEST_F(EvaluationPlanTest, TheFirstSequenceDecidesTheEncodingUnlessAskedOtherwise) {
  v1::EvaluateRequest request = Homework();
  request.mutable_sequences(0)->mutable_inputs()->Clear();
  request.mutable_sequences(0)->mutable_inputs()->set_raw(std::string(4, '\0'));
  *request.add_sequences()->mutable_inputs() = ValuesOf({1});
  EXPECT_EQ(Plan(request)->encoding, v1::ENCODING_RAW);
  request.set_encoding(v1::ENCODING_VALUES);
  EXPECT_EQ(Plan(request)->encoding, v1::ENCODING_VALUES);
}

TEST_F(EvaluationPlanTest, ASourceIsRequired) {
  v1::EvaluateRequest request;
  EXPECT_THAT(Violations(request), ElementsAre("source", "sequences"));
}

TEST_F(EvaluationPlanTest, EveryViolationIsReportedAtOnce) {
  v1::EvaluateRequest request = Homework();
  request.mutable_numerics()->set_rounding(static_cast<v1::Rounding>(9));
  request.set_view(static_cast<v1::View>(9));
  request.set_density(static_cast<v1::Density>(9));
  request.set_encoding(static_cast<v1::Encoding>(9));
  request.add_sequences();
  v1::Sequence& third = *request.add_sequences();
  third.mutable_inputs()->set_raw("abc");
  *third.mutable_initial_state()->add_layers()->mutable_h() = ValuesOf({1, 2});
  third.mutable_initial_state()->add_backward_layers();
  request.add_sequences()->mutable_initial_state();
  *request.mutable_sequences(3)->mutable_inputs() = ValuesOf({1, 2}, {2});
  EXPECT_THAT(Violations(request),
              ElementsAre("numerics.rounding", "view", "density", "encoding", "sequences[1].inputs",
                          "sequences[2].inputs", "sequences[2].initial_state.layers[0].h",
                          "sequences[2].initial_state.backward_layers", "sequences[3].inputs.shape",
                          "sequences[3].initial_state.layers"));
}

TEST_F(EvaluationPlanTest, ViolationsAreReportedEvenWithoutAModelToLookAt) {
  v1::EvaluateRequest request = Homework();
  request.set_model("homework");
  request.add_sequences();
  request.set_view(static_cast<v1::View>(9));
  EXPECT_THAT(Violations(request), ElementsAre("model", "view", "sequences[1].inputs"));
  request.set_model("models/none");
  EXPECT_THAT(Violations(request), ElementsAre("view", "sequences[1].inputs"));
}

TEST_F(EvaluationPlanTest, AMissingModelIsNotFoundAndTheServersEpochTold) {
  v1::EvaluateRequest request = Homework();
  request.set_model("models/none");
  const absl::Status status = Plan(request).status();
  EXPECT_EQ(GetErrorReason(status), "MODEL_NOT_FOUND");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), fixture_.api().sessions.epoch());
}

TEST_F(EvaluationPlanTest, ViolationsOfAnInlineModelComeWithTheOthers) {
  v1::EvaluateRequest request = Homework();
  v1::Model& model = *request.mutable_inline_model();
  model = WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  model.mutable_layers(0)->mutable_lstm()->clear_candidate();
  request.set_view(static_cast<v1::View>(9));
  EXPECT_THAT(Violations(request), ElementsAre("inline_model.layers[0].lstm.candidate", "view"));
}

TEST_F(EvaluationPlanTest, AModelTooLargeForThePrecisionIsRefused) {
  v1::EvaluateRequest request = Homework();
  v1::Model& model = *request.mutable_inline_model();
  model =
      WriteModel(*HomeworkModel(Precision::kFloat64), ModelDetail::kWeights, v1::ENCODING_VALUES);
  model.mutable_layers(0)->mutable_lstm()->mutable_candidate()->mutable_bias()->set_values(0,
                                                                                           1e300);
  EXPECT_TRUE(Plan(request).ok());
  request.mutable_numerics()->set_precision(v1::PRECISION_FLOAT32);
  EXPECT_THAT(Violations(request), ElementsAre("numerics.precision"));
}

TEST_F(EvaluationPlanTest, ARequestWithCountlessViolationsIsAnsweredWithMany) {
  v1::EvaluateRequest request = Homework();
  for (int i = 0; i < 5000; ++i) request.add_sequences();
  EXPECT_THAT(Violations(request), SizeIs(1000));
  request.clear_source();
  EXPECT_THAT(Violations(request), SizeIs(1000));
}

TEST_F(EvaluationPlanTest, ABidirectionalModelIsRunAsAWhole) {
  RandomModelOptions options;
  options.bidirectional = true;
  v1::EvaluateRequest request = Homework();
  const auto model = RandomModel(1, options);
  request.set_model(fixture_.AddModel(model));
  *request.mutable_sequences(0)->mutable_inputs() =
      ValuesOf(std::vector<double>(model->input_size()));
  EXPECT_TRUE(Plan(request)->whole);
}

// The state of a sequence may be far larger than what asks for it.
TEST_F(EvaluationPlanTest, AStateIsNotMadeBeforeItsTurn) {
  const auto plan = Plan(Homework());
  EXPECT_FALSE(plan->sequences[0].initial_state.has_value());
}

class LimitedEvaluationTest : public EvaluationPlanTest {
 protected:
  LimitedEvaluationTest()
      : EvaluationPlanTest({.limits = {.max_message_bytes = 2000, .max_steps_per_request = 500},
                            .sessions = {},
                            .models = {},
                            .scheduler = {.worker_count = 1}}) {}
};

TEST_F(LimitedEvaluationTest, TheStepsOfAllSequencesCount) {
  v1::EvaluateRequest request = Homework();
  *request.add_sequences()->mutable_inputs() = ValuesOf(std::vector<double>(499));
  EXPECT_TRUE(Plan(request).ok());
  *request.add_sequences()->mutable_inputs() = ValuesOf({1});
  const absl::Status status = Plan(request).status();
  EXPECT_EQ(GetErrorReason(status), "STEP_COUNT_LIMIT");
  EXPECT_EQ(MetadataOf(status, "steps"), "501");
}

TEST_F(LimitedEvaluationTest, PiecesFillAQuarterOfAMessage) {
  v1::EvaluateRequest request = Homework();
  const auto plan = Plan(request);
  ASSERT_TRUE(plan.ok()) << plan.status();
  const int64_t bytes = StepAnswerBytes(*plan->model, plan->numerics, plan->options, plan->encoding,
                                        plan->steps_per_piece);
  EXPECT_LE(bytes, 500);
  EXPECT_GT(bytes, 450);
}

TEST_F(LimitedEvaluationTest, OneStepThatDoesNotFitIsRefused) {
  RandomModelOptions options;
  options.layer_count = 12;
  options.kind = CellKind::kLstm;
  options.max_size = 2;
  const auto model = RandomModel(1, options);
  v1::EvaluateRequest request = Homework();
  request.set_model(fixture_.AddModel(model));
  *request.mutable_sequences(0)->mutable_inputs() =
      ValuesOf(std::vector<double>(model->input_size()));
  request.set_view(v1::VIEW_TRACE);
  EXPECT_EQ(Reason(request), "ANSWER_SIZE_LIMIT");
}

TEST_F(LimitedEvaluationTest, ASequenceThatMustBeHeldAsAWholeMayNotBeHuge) {
  RandomModelOptions options;
  options.bidirectional = true;
  options.layer_count = 1;
  options.kind = CellKind::kRnn;
  uint64_t seed = 0;
  while (RandomModel(seed, options)->output_size() != 10) ++seed;
  const auto model = RandomModel(seed, options);
  v1::EvaluateRequest request = Homework();
  request.set_model(fixture_.AddModel(model));
  const auto with_steps = [&](int64_t steps) {
    *request.mutable_sequences(0)->mutable_inputs() =
        ValuesOf(std::vector<double>(steps * model->input_size()));
    return Reason(request);
  };
  // 16 messages of 2000 bytes hold 8000 numbers; a step takes 10 shown and 20 between layers.
  EXPECT_EQ(with_steps(266), "");
  EXPECT_EQ(with_steps(267), "ANSWER_SIZE_LIMIT");
}

}  // namespace
}  // namespace cellar
