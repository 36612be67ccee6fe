#include "server/api/evaluation.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/convert_model.h"
#include "server/api/convert_state.h"
#include "server/api/convert_tensor.h"
#include "tests/testing/api_fixture.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

class EvaluationTest : public testing::Test {
 protected:
  explicit EvaluationTest(const ApiFixtureOptions& options = {}) : fixture_(options) {}

  // All answers; REQUIRES: the request is right.
  std::vector<v1::EvaluateResponse> Run(const v1::EvaluateRequest& request) {
    auto evaluation = Evaluation::Create(fixture_.api(), Call(LocalCaller()), request);
    std::vector<v1::EvaluateResponse> answers;
    if (!evaluation.ok()) ADD_FAILURE() << evaluation.status();
    while (evaluation.ok() && !(*evaluation)->AtEnd()) {
      const absl::StatusOr<bool> answered = (*evaluation)->Next(&answers.emplace_back());
      EXPECT_TRUE(answered.ok()) << answered.status();
      if (!answered.ok()) break;
      if (!*answered) answers.pop_back();
    }
    return answers;
  }

  static void AddSequence(v1::EvaluateRequest& request, const std::vector<double>& inputs) {
    *request.add_sequences()->mutable_inputs() = ValuesOf(inputs);
  }

  v1::EvaluateRequest Homework() {
    v1::EvaluateRequest request;
    request.set_model(fixture_.AddModel(HomeworkModel()));
    request.mutable_numerics()->set_rounding(v1::ROUNDING_NEAREST_TIES_TO_ZERO);
    return request;
  }

  ApiFixture fixture_;
};

// Every tensor of the answers' traces, one after the other, in RAW: what the steps look like,
// however they are cut.
std::string OutputsOf(const std::vector<v1::EvaluateResponse>& answers) {
  std::string bytes;
  for (const auto& answer : answers) bytes += answer.trace().outputs().raw();
  return bytes;
}
std::string CandidatesOf(const std::vector<v1::EvaluateResponse>& answers, bool backward) {
  std::string bytes;
  for (const auto& answer : answers) {
    const auto& layers = backward ? answer.trace().backward_layers() : answer.trace().layers();
    bytes += layers[0].candidate().raw();
  }
  return bytes;
}

TEST_F(EvaluationTest, TheHomeworkComesOutSequenceBySequence) {
  v1::EvaluateRequest request = Homework();
  AddSequence(request, {0, 0, 1, 1, 1, 0});
  AddSequence(request, {1, 1, 0, 1, 1});
  const auto answers = Run(request);
  ASSERT_EQ(answers.size(), 2);
  EXPECT_EQ(answers[0].sequence_index(), 0);
  EXPECT_EQ(answers[0].first_step(), 0);
  EXPECT_EQ(answers[0].step_count(), 6);
  EXPECT_THAT(answers[0].trace().outputs().values(), ElementsAre(0, 0, 1, -1, 1, 0));
  EXPECT_EQ(answers[1].sequence_index(), 1);
  EXPECT_THAT(answers[1].trace().outputs().values(), ElementsAre(1, -1, 0, 1, -1));
}

TEST_F(EvaluationTest, AnInlineModelGivesWhatARegisteredOneGives) {
  v1::EvaluateRequest request = Homework();
  AddSequence(request, {0, 0, 1, 1, 1, 0});
  const auto registered = Run(request);
  *request.mutable_inline_model() =
      WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  const auto inlined = Run(request);
  ASSERT_EQ(inlined.size(), 1);
  EXPECT_EQ(inlined[0].SerializeAsString(), registered[0].SerializeAsString());
}

TEST_F(EvaluationTest, AnInlineModelWithoutAPrecisionHasThatOfTheNumerics) {
  v1::EvaluateRequest request;
  *request.mutable_inline_model() =
      WriteModel(*HomeworkModel(), ModelDetail::kWeights, v1::ENCODING_VALUES);
  request.mutable_inline_model()->clear_precision();
  request.set_encoding(v1::ENCODING_RAW);
  AddSequence(request, {1});
  EXPECT_EQ(Run(request)[0].trace().outputs().raw().size(), 4);
  request.mutable_numerics()->set_precision(v1::PRECISION_FLOAT64);
  EXPECT_EQ(Run(request)[0].trace().outputs().raw().size(), 8);
}

TEST_F(EvaluationTest, TheFinalStateIsThatOfASessionSteppedTheSameWay) {
  v1::EvaluateRequest request = Homework();
  AddSequence(request, {0, 1, 1});
  request.set_encoding(v1::ENCODING_RAW);
  const auto answers = Run(request);
  v1::Session settings;
  *settings.mutable_numerics() = request.numerics();
  fixture_.NewSession("a", "models/homework", settings);
  ASSERT_TRUE(fixture_.Await(Step, StepOf("sessions/a", {0, 1, 1})).ok());
  const v1::Session session = fixture_.Get("a");
  EXPECT_EQ(answers[0].final_state().SerializeAsString(), session.state().SerializeAsString());
  EXPECT_EQ(answers[0].final_state_digest(), session.state_digest());
}

TEST_F(EvaluationTest, AGivenInitialStateIsWhereASequenceStarts) {
  v1::EvaluateRequest request = Homework();
  AddSequence(request, {0, 0, 1, 1, 1, 0});
  AddSequence(request, {0, 0, 1});
  AddSequence(request, {1, 1, 0});
  const auto first = Run(request);
  *request.mutable_sequences(2)->mutable_initial_state() = first[1].final_state();
  const auto second = Run(request);
  EXPECT_THAT(second[2].trace().outputs().values(), ElementsAre(-1, 1, 0));
  EXPECT_EQ(second[2].final_state_digest(), first[0].final_state_digest());
}

TEST_F(EvaluationTest, NothingIsKept) {
  v1::EvaluateRequest request = Homework();
  AddSequence(request, {1});
  ASSERT_EQ(Run(request).size(), 1);
  EXPECT_EQ(fixture_.api().sessions.session_count(), 0);
  EXPECT_TRUE(fixture_.api().models.Remove({kDefaultTenant, "models/homework"}).ok());
}

TEST_F(EvaluationTest, NothingOfTheRequestIsNeededOnceItIsCreated) {
  auto request = std::make_unique<v1::EvaluateRequest>(Homework());
  AddSequence(*request, {0, 0, 1});
  auto evaluation = Evaluation::Create(fixture_.api(), Call(LocalCaller()), *request);
  request.reset();
  v1::EvaluateResponse answer;
  ASSERT_TRUE((*evaluation)->Next(&answer).ok());
  EXPECT_THAT(answer.trace().outputs().values(), ElementsAre(0, 0, 1));
  EXPECT_TRUE((*evaluation)->AtEnd());
}

TEST_F(EvaluationTest, TheLastStepAloneIsShownIfAskedFor) {
  v1::EvaluateRequest request = Homework();
  request.set_density(v1::DENSITY_LAST_STEP);
  AddSequence(request, {0, 0, 1, 1});
  const auto answers = Run(request);
  ASSERT_EQ(answers.size(), 1);
  EXPECT_EQ(answers[0].first_step(), 3);
  EXPECT_EQ(answers[0].step_count(), 1);
  EXPECT_THAT(answers[0].trace().outputs().values(), ElementsAre(-1));
  EXPECT_TRUE(answers[0].has_final_state());
}

TEST_F(EvaluationTest, EvaluatingGivesTheBitsOfStepping) {
  for (uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    const auto model = RandomModel(seed);
    v1::EvaluateRequest request;
    request.set_model(fixture_.AddModel(model));
    request.set_view(v1::VIEW_TRACE);
    request.set_encoding(v1::ENCODING_RAW);
    const auto inputs = RandomNumbers<double>(seed, 6 * model->input_size());
    AddSequence(request, inputs);
    const auto answers = Run(request);
    fixture_.NewSession("a", model->name());
    v1::StepRequest step = StepOf("sessions/a", inputs);
    step.set_view(v1::VIEW_TRACE);
    step.set_encoding(v1::ENCODING_RAW);
    const auto stepped = fixture_.Await(Step, step);
    ASSERT_EQ(answers.size(), 1);
    EXPECT_EQ(answers[0].trace().SerializeAsString(), stepped->trace().SerializeAsString());
    EXPECT_EQ(answers[0].final_state_digest(), stepped->state_digest());
    ASSERT_TRUE(fixture_.api().sessions.Delete({kDefaultTenant, "sessions/a"}).ok());
  }
}

TEST_F(EvaluationTest, ACancelledCallStops) {
  bool cancelled = false;
  Call call(LocalCaller());
  call.cancelled = [&cancelled] { return cancelled; };
  v1::EvaluateRequest request = Homework();
  AddSequence(request, {1});
  AddSequence(request, {1});
  auto evaluation = Evaluation::Create(fixture_.api(), call, request);
  v1::EvaluateResponse answer;
  ASSERT_TRUE((*evaluation)->Next(&answer).ok());
  cancelled = true;
  EXPECT_EQ((*evaluation)->Next(&answer).status().code(), absl::StatusCode::kCancelled);
}

TEST_F(EvaluationTest, APassedDeadlineStops) {
  Call call(LocalCaller());
  call.deadline = fixture_.clock().Now() + absl::Seconds(1);
  v1::EvaluateRequest request = Homework();
  AddSequence(request, {1});
  auto evaluation = Evaluation::Create(fixture_.api(), call, request);
  fixture_.clock().Advance(absl::Seconds(1));
  v1::EvaluateResponse answer;
  EXPECT_EQ((*evaluation)->Next(&answer).status().code(), absl::StatusCode::kDeadlineExceeded);
}

// Messages so short that a sequence takes several.
class SmallMessagesTest : public EvaluationTest {
 protected:
  static constexpr int64_t kMaxBytes = 6000;

  SmallMessagesTest()
      : EvaluationTest({.limits = {.max_message_bytes = kMaxBytes},
                        .sessions = {},
                        .models = {},
                        .scheduler = {.worker_count = 1}}) {}

  // Answers that go on from one another, tell the final state in the last one and fit.
  static void ExpectWhole(const std::vector<v1::EvaluateResponse>& answers, int64_t step_count) {
    int64_t next_step = 0;
    for (size_t i = 0; i < answers.size(); ++i) {
      EXPECT_EQ(answers[i].first_step(), next_step);
      EXPECT_EQ(answers[i].trace().outputs().shape(0), answers[i].step_count());
      next_step += answers[i].step_count();
      EXPECT_EQ(answers[i].has_final_state(), i + 1 == answers.size());
      EXPECT_EQ(answers[i].final_state_digest().empty(), i + 1 != answers.size());
      EXPECT_LE(static_cast<int64_t>(answers[i].ByteSizeLong()), kMaxBytes);
    }
    EXPECT_EQ(next_step, step_count);
  }
};

TEST_F(SmallMessagesTest, ALongSequenceComesInPiecesWithTheBitsOfTheWhole) {
  constexpr int64_t kSteps = 300;
  ApiFixture ample;
  for (uint64_t seed = 0; seed < 12; ++seed) {
    SCOPED_TRACE(seed);
    RandomModelOptions options;
    options.bidirectional = seed % 2 == 1;
    options.kind = CellKind::kLstm;
    options.max_size = 2;
    const auto model = RandomModel(seed, options);
    v1::EvaluateRequest request;
    request.set_model(fixture_.AddModel(model));
    ample.AddModel(model);
    request.set_view(v1::VIEW_TRACE);
    request.set_encoding(v1::ENCODING_RAW);
    AddSequence(request, RandomNumbers<double>(seed, kSteps * model->input_size()));
    const auto pieces = Run(request);
    EXPECT_GT(pieces.size(), 3);
    ExpectWhole(pieces, kSteps);
    auto evaluation = Evaluation::Create(ample.api(), Call(LocalCaller()), request);
    ASSERT_TRUE(evaluation.ok()) << evaluation.status();
    std::vector<v1::EvaluateResponse> whole(1);
    ASSERT_TRUE((*evaluation)->Next(&whole[0]).ok());
    ASSERT_TRUE((*evaluation)->AtEnd());
    EXPECT_EQ(OutputsOf(pieces), OutputsOf(whole));
    EXPECT_EQ(CandidatesOf(pieces, false), CandidatesOf(whole, false));
    EXPECT_EQ(CandidatesOf(pieces, options.bidirectional),
              CandidatesOf(whole, options.bidirectional));
    EXPECT_EQ(pieces.back().final_state_digest(), whole[0].final_state_digest());
  }
}

TEST_F(SmallMessagesTest, TheLastStepOfABidirectionalModelIsTheLastOfTheSequence) {
  RandomModelOptions options;
  options.bidirectional = true;
  const auto model = RandomModel(4, options);
  v1::EvaluateRequest request;
  request.set_model(fixture_.AddModel(model));
  request.set_encoding(v1::ENCODING_RAW);
  AddSequence(request, RandomNumbers<double>(4, 5 * model->input_size()));
  const std::string all = OutputsOf(Run(request));
  request.set_density(v1::DENSITY_LAST_STEP);
  const auto last = Run(request);
  ASSERT_EQ(last.size(), 1);
  EXPECT_EQ(last[0].first_step(), 4);
  EXPECT_EQ(last[0].step_count(), 1);
  EXPECT_EQ(OutputsOf(last), all.substr(all.size() / 5 * 4));
  EXPECT_GT(last[0].final_state().backward_layers_size(), 0);
}

TEST_F(SmallMessagesTest, SequencesOfABidirectionalModelHaveNothingToDoWithEachOther) {
  RandomModelOptions options;
  options.bidirectional = true;
  const auto model = RandomModel(4, options);
  v1::EvaluateRequest request;
  request.set_model(fixture_.AddModel(model));
  AddSequence(request, RandomNumbers<double>(4, 5 * model->input_size()));
  AddSequence(request, RandomNumbers<double>(5, 3 * model->input_size()));
  const auto together = Run(request);
  request.mutable_sequences()->SwapElements(0, 1);
  const auto swapped = Run(request);
  ASSERT_EQ(together.size(), 2);
  ASSERT_EQ(swapped.size(), 2);
  for (const size_t i : {0, 1}) {
    EXPECT_EQ(together[i].trace().SerializeAsString(), swapped[1 - i].trace().SerializeAsString());
    EXPECT_EQ(together[i].final_state_digest(), swapped[1 - i].final_state_digest());
  }
}

TEST_F(SmallMessagesTest, CancellationIsNoticedBetweenPieces) {
  int asked = 0;
  Call call(LocalCaller());
  call.cancelled = [&asked] { return ++asked > 2; };
  v1::EvaluateRequest request = Homework();
  request.set_view(v1::VIEW_TRACE);
  AddSequence(request, std::vector<double>(300));
  auto evaluation = Evaluation::Create(fixture_.api(), call, request);
  v1::EvaluateResponse answer;
  EXPECT_TRUE((*evaluation)->Next(&answer).ok());
  EXPECT_TRUE((*evaluation)->Next(&answer).ok());
  EXPECT_FALSE((*evaluation)->AtEnd());
  EXPECT_EQ((*evaluation)->Next(&answer).status().code(), absl::StatusCode::kCancelled);
}

// A model so large that the last step of a sequence is reached in several pieces.
TEST_F(EvaluationTest, ALongWayToTheLastStepIsInterruptedByCancellation) {
  RandomModelOptions options;
  options.kind = CellKind::kRnn;
  options.layer_count = 3;
  options.max_size = 800;
  uint64_t seed = 0;
  while (RandomModel(seed, options)->multiply_adds_per_step() < 1'000'000) ++seed;
  const auto model = RandomModel(seed, options);
  v1::EvaluateRequest request;
  request.set_model(fixture_.AddModel(model));
  request.set_density(v1::DENSITY_LAST_STEP);
  request.set_encoding(v1::ENCODING_RAW);
  const auto inputs = RandomNumbers<float>(seed, 60 * model->input_size());
  const int64_t shape[] = {60, model->input_size()};
  WriteTensor<float>(inputs, shape, v1::ENCODING_RAW, request.add_sequences()->mutable_inputs());
  int asked = 0;
  Call call(LocalCaller());
  call.cancelled = [&asked] { return ++asked > 2; };
  auto evaluation = Evaluation::Create(fixture_.api(), call, request);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  v1::EvaluateResponse answer;
  absl::StatusOr<bool> answered = false;
  int turns = 0;
  for (; answered.ok() && !*answered; ++turns) answered = (*evaluation)->Next(&answer);
  EXPECT_EQ(answered.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(asked, 3);
  EXPECT_GT(turns, 1);  // others may have a turn in between

  const auto last = Run(request);
  request.set_density(v1::DENSITY_EVERY_STEP);
  const std::string all = OutputsOf(Run(request));
  ASSERT_EQ(last.size(), 1);
  EXPECT_EQ(last[0].first_step(), 59);
  EXPECT_EQ(OutputsOf(last), all.substr(all.size() / 60 * 59));
}

}  // namespace
}  // namespace cellar
