#include "server/grading/carried_values.h"

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/step_runner.h"
#include "server/grading/grader.h"
#include "server/grading/trace_values.h"
#include "tests/testing/allocation_count.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

constexpr Numerics kFloat64 = {.precision = Precision::kFloat64};
constexpr int64_t kSteps = 6;
constexpr int64_t kSlip = 2;

using State = StackState<double>;

// A student who computes like the model, and at one step does something to the state.
struct Student {
  std::function<void(State&)> slip = [](State&) {};
  int64_t slip_step = kSlip;
  bool forgets_slip = false;  // wrote it down wrong, but went on with the right state
};

// What the student gives for the exercise's only sequence.
Answer AnswerOf(const Student& student, const Exercise& exercise) {
  const ExerciseSequence& sequence = exercise.sequences[0];
  const int64_t width = exercise.model->input_size();
  const absl::Span<const double> inputs = std::get<std::vector<double>>(sequence.inputs);
  auto state = std::get<State>(*sequence.initial_state);
  Answer answer(exercise.questions.size(), std::vector<double>());
  for (int64_t step = 0; step < sequence.step_count; ++step) {
    StackTrace<double> trace =
        RunSteps(*exercise.model, exercise.numerics, inputs.subspan(step * width, width),
                 {TraceView::kTrace, TraceDensity::kEveryStep}, state);
    const State right = state;
    if (step == student.slip_step) {
      student.slip(state);
      for (size_t layer = 0; layer < state.layers.size(); ++layer) {
        if (state.layers[layer].h != right.layers[layer].h) {
          trace.layers[layer].h = state.layers[layer].h;
        }
        trace.layers[layer].c = state.layers[layer].c;
      }
      if (student.forgets_slip) state = right;
    }
    for (size_t q = 0; q < exercise.questions.size(); ++q) {
      for (const int64_t element : exercise.questions[q].elements) {
        AskedValue asked = exercise.questions[q].ValueAt(0);
        asked.element = element;
        answer[q]->push_back(TraceValue(trace, asked, 0));
      }
    }
  }
  return answer;
}

Exercise RandomExercise(uint64_t seed, CellKind kind, int64_t layer_count = 1,
                        Numerics numerics = kFloat64) {
  const auto model = RandomModel(seed, {.precision = Precision::kFloat64,
                                        .kind = kind,
                                        .layer_count = layer_count,
                                        .variants = false});
  return ExerciseOf(model, numerics, {RandomNumbers<double>(seed, kSteps * model->input_size())});
}

Question& AskCarried(Exercise& exercise, Quantity quantity) {
  Question& question = Ask(exercise, quantity);
  question.credit = Credit::kCarried;
  question.comparison = {.absolute = 1e-9};
  return question;
}

// Steps at which a value of the question is not right even if errors are carried forward.
std::vector<int64_t> WrongSteps(const Verdict& verdict, const Exercise& exercise, size_t q = 0) {
  std::vector<int64_t> steps;
  for (size_t i = 0; i < verdict.questions[q].values.size(); ++i) {
    const int64_t step = exercise.questions[q].ValueAt(static_cast<int64_t>(i)).step;
    const bool wrong = !verdict.questions[q].values[i].correct_if_carried;
    if (wrong && (steps.empty() || steps.back() != step)) steps.push_back(step);
  }
  return steps;
}

Verdict Graded(const Exercise& exercise, const Student& student) {
  return GradeAnswer(*Compile(exercise), AnswerOf(student, exercise));
}

void MoveH(State& state) {
  for (double& h : state.layers.back().h) h += 0.25;
}

void MoveC(State& state) {
  for (double& c : state.layers.back().c) c -= 0.5;
}

const auto kSlipOnly = testing::ElementsAre(kSlip);

TEST(JudgeCarried, ARightAnswerHasNothingCarried) {
  Exercise exercise = RandomExercise(1, CellKind::kLstm);
  AskCarried(exercise, Quantity::kH);
  const Verdict verdict = Graded(exercise, {});
  EXPECT_TRUE(verdict.AllCorrect());
  for (const ValueVerdict& value : verdict.questions[0].values) {
    EXPECT_TRUE(value.correct_if_carried);
    EXPECT_FALSE(value.expected_if_carried.has_value());
  }
}

TEST(JudgeCarried, OneSlipOfHCostsOneStepInEveryCell) {
  for (const CellKind kind :
       {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Exercise exercise = RandomExercise(seed, kind);
      AskCarried(exercise, Quantity::kH);
      const Verdict verdict = Graded(exercise, {.slip = MoveH});
      EXPECT_THAT(WrongSteps(verdict, exercise), kSlipOnly) << "seed " << seed;
      EXPECT_LT(verdict.questions[0].correct_count, (kSteps - 1) * exercise.model->output_size());
    }
  }
}

TEST(JudgeCarried, OneSlipOfCCostsOneStepIfCIsAsked) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Exercise exercise = RandomExercise(seed, CellKind::kLstm);
    AskCarried(exercise, Quantity::kH);
    AskCarried(exercise, Quantity::kC);
    const Verdict verdict = Graded(exercise, {.slip = MoveC});
    EXPECT_THAT(WrongSteps(verdict, exercise, 0), testing::IsEmpty());
    EXPECT_THAT(WrongSteps(verdict, exercise, 1), kSlipOnly);
  }
}

TEST(JudgeCarried, IfOnlyCIsAskedHFollowsFromIt) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Exercise exercise = RandomExercise(seed, CellKind::kLstm);
    AskCarried(exercise, Quantity::kC);
    // The student computes h of the wrong c, as the cell would.
    const auto slip = [](State& state) {
      CellState<double>& layer = state.layers.back();
      for (size_t k = 0; k < layer.c.size(); ++k) {
        const double output_gate = layer.h[k] / std::tanh(layer.c[k]);
        layer.c[k] -= 0.5;
        layer.h[k] = output_gate * std::tanh(layer.c[k]);
      }
    };
    EXPECT_THAT(WrongSteps(Graded(exercise, {.slip = slip}), exercise), kSlipOnly);
  }
}

TEST(JudgeCarried, GatesAreJudgedFromTheStudentsState) {
  Exercise exercise = RandomExercise(3, CellKind::kLstm);
  Ask(exercise, Quantity::kH);  // known, though no credit is carried for it
  AskCarried(exercise, Quantity::kForgetGate);
  const Verdict verdict = Graded(exercise, {.slip = MoveH});
  EXPECT_LT(verdict.questions[1].correct_count, kSteps * exercise.model->output_size());
  EXPECT_THAT(WrongSteps(verdict, exercise, 1), testing::IsEmpty());
  EXPECT_FALSE(verdict.questions[0].values.back().expected_if_carried.has_value());
}

TEST(JudgeCarried, ASlipOfThePenIsNotCarriedOn) {
  Exercise exercise = RandomExercise(4, CellKind::kLstm);
  AskCarried(exercise, Quantity::kH);
  const Verdict verdict = Graded(exercise, {.slip = MoveH, .forgets_slip = true});
  EXPECT_THAT(WrongSteps(verdict, exercise), kSlipOnly);
  // From the second step after it the expected state goes on again.
  EXPECT_TRUE(verdict.questions[0]
                  .values[(kSlip + 1) * exercise.model->output_size()]
                  .expected_if_carried.has_value());
  EXPECT_FALSE(verdict.questions[0].values.back().expected_if_carried.has_value());
}

TEST(JudgeCarried, TypedDigitsDoNotAddUp) {
  Exercise exercise = RandomExercise(5, CellKind::kLstm);
  AskCarried(exercise, Quantity::kH).comparison = {.absolute = 0.001};
  Answer answer = AnswerOf({.slip = MoveH}, exercise);
  for (double& value : *answer[0]) value = std::round(value * 1000) / 1000;
  EXPECT_THAT(WrongSteps(GradeAnswer(*Compile(exercise), answer), exercise), kSlipOnly);
}

TEST(JudgeCarried, ALowerLayersSlipReachesTheOneAbove) {
  Exercise exercise = RandomExercise(6, CellKind::kLstm, 2);
  Question& below = AskCarried(exercise, Quantity::kH);
  below.layer = 0;
  below.elements.clear();
  for (int64_t k = 0; k < exercise.model->shapes()[0].output_size; ++k) below.elements.push_back(k);
  AskCarried(exercise, Quantity::kH);
  const auto slip = [](State& state) { state.layers[0].h[0] += 0.25; };
  const Verdict verdict = Graded(exercise, {.slip = slip});
  EXPECT_THAT(WrongSteps(verdict, exercise, 0), kSlipOnly);
  EXPECT_THAT(WrongSteps(verdict, exercise, 1), testing::IsEmpty());
}

TEST(JudgeCarried, UnderReportRoundingTheRoundedNumberGoesOn) {
  const Numerics numerics = {.precision = Precision::kFloat64,
                             .rounding = Rounding::kNearestTiesToZero};
  Exercise exercise = HomeworkExercise(numerics);
  exercise.questions.erase(exercise.questions.begin());
  exercise.questions[0].credit = Credit::kCarried;
  // 1,1,0,1,1 gives 1,-1,0,1,-1. After a wrong -1 at the third step, g = tanh(50 + 100) is 1.
  const Verdict verdict = GradeAnswer(*Compile(exercise), {{{1, -1, -1, 1, -1}}});
  EXPECT_THAT(WrongSteps(verdict, exercise), kSlipOnly);
  // After a wrong 1 it is tanh(50 - 100), -1, and after that 1.
  const Verdict other = GradeAnswer(*Compile(exercise), {{{1, -1, 1, -1, 1}}});
  EXPECT_THAT(WrongSteps(other, exercise), kSlipOnly);
  EXPECT_EQ(other.questions[0].values[3].expected_if_carried, -1);
}

TEST(JudgeCarried, UnderFeedbackRoundingASlipIsCarriedExactly) {
  Exercise exercise = HomeworkExercise();
  for (Question& question : exercise.questions) question.credit = Credit::kCarried;
  const Verdict verdict =
      GradeAnswer(*Compile(exercise), {{{0, 0, 1, 1, -1, 0}}, {{1, -1, 0, 1, -1}}});
  EXPECT_THAT(WrongSteps(verdict, exercise, 0), testing::ElementsAre(3));
  EXPECT_THAT(WrongSteps(verdict, exercise, 1), testing::IsEmpty());
}

TEST(JudgeCarried, WhatIsNotFiniteIsNeverCarried) {
  for (const double value :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), 1e300}) {
    for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
      Exercise exercise = HomeworkExercise({.precision = precision});
      for (Question& question : exercise.questions) question.credit = Credit::kCarried;
      const Verdict verdict = GradeAnswer(
          *Compile(exercise), {std::vector<double>(6, value), std::vector<double>(5, value)});
      EXPECT_EQ(verdict.points, 0);
      for (const ValueVerdict& judged : verdict.questions[0].values) {
        EXPECT_TRUE(std::isfinite(judged.expected_if_carried.value_or(0)));
      }
    }
  }
}

TEST(JudgeCarried, ASlipOfOneElementLeavesTheDigitsOfTheOthers) {
  GateSpec<double> gate;
  gate.given = true;
  gate.input_weights = GivenTensor<double>({1, 0}, {2, 1});
  gate.recurrent_weights = GivenTensor<double>({10, 0, 1.0 / 3, 100}, {2, 2});
  gate.activation = Activation::kIdentity;
  LayerSpec<double> layer;
  layer.kind = CellKind::kRnn;
  layer.gates = {gate};
  auto stack = BuildLayerStack<double>({{layer}, {}}, ModelLimits{}, "model", {});
  ASSERT_TRUE(stack.ok()) << stack.status();
  Exercise exercise =
      ExerciseOf(std::make_shared<const Model>("two", "", *std::move(stack), absl::Time()),
                 kFloat64, {{1, 0, 0}});
  Question& question = Ask(exercise, Quantity::kH);
  question.credit = Credit::kCarried;
  question.comparison = {.absolute = 0.001};
  // Two slips of the first element, 2 for 1 and 25 for 20; of the second three digits are written,
  // and all of them are multiplied by 100.
  const Verdict verdict = GradeAnswer(*Compile(exercise), {{{2, 0, 25, 0.667, 250, 75}}});
  std::vector<bool> counted;
  for (const ValueVerdict& value : verdict.questions[0].values) {
    counted.push_back(value.correct_if_carried);
  }
  EXPECT_THAT(counted, testing::ElementsAre(false, true, false, true, true, true));
}

TEST(JudgeCarried, WhatOverflowsOnTheStudentsWayIsNotShown) {
  GateSpec<float> gate;
  gate.given = true;
  gate.input_weights = GivenTensor<float>({1});
  gate.recurrent_weights = GivenTensor<float>({2});
  gate.activation = Activation::kIdentity;
  LayerSpec<float> layer;
  layer.kind = CellKind::kRnn;
  layer.gates = {gate};
  auto stack = BuildLayerStack<float>({{layer}, {}}, ModelLimits{}, "model", {});
  ASSERT_TRUE(stack.ok()) << stack.status();
  Exercise exercise =
      ExerciseOf(std::make_shared<const Model>("doubling", "", *std::move(stack), absl::Time()), {},
                 {{0, 0, 0}});
  Ask(exercise, Quantity::kH).credit = Credit::kCarried;
  const auto compiled = Compile(exercise);
  const Verdict doubled = GradeAnswer(*compiled, {{{1, 2, 4}}});
  EXPECT_EQ(doubled.questions[0].values[1].expected_if_carried, 2);
  const Verdict overflown = GradeAnswer(*compiled, {{{3e38, 3e38, 0}}});
  EXPECT_EQ(overflown.questions[0].values[1].expected_if_carried, std::nullopt);
  EXPECT_FALSE(overflown.questions[0].values[1].correct_if_carried);
}

TEST(JudgeCarried, BehindWhatIsNotFiniteTheExpectedStateGoesOn) {
  Exercise exercise = RandomExercise(10, CellKind::kLstm);
  AskCarried(exercise, Quantity::kH);
  Answer answer = AnswerOf({.slip = MoveH}, exercise);
  for (int64_t k = 0; k < exercise.model->output_size(); ++k) {
    (*answer[0])[(kSlip - 1) * exercise.model->output_size() + k] =
        std::numeric_limits<double>::quiet_NaN();
  }
  EXPECT_THAT(WrongSteps(GradeAnswer(*Compile(exercise), answer), exercise),
              testing::ElementsAre(kSlip - 1, kSlip));
}

TEST(JudgeCarried, AQuestionWithoutAnswerTellsNothing) {
  Exercise exercise = RandomExercise(7, CellKind::kLstm);
  AskCarried(exercise, Quantity::kH);
  AskCarried(exercise, Quantity::kC);
  Answer answer = AnswerOf({.slip = MoveH}, exercise);
  answer[1] = std::nullopt;
  const Verdict verdict = GradeAnswer(*Compile(exercise), answer);
  EXPECT_THAT(WrongSteps(verdict, exercise, 0), kSlipOnly);
  EXPECT_EQ(verdict.questions[1].points, 0);
}

TEST(JudgeCarried, TheWorkDoesNotTellWhereTheFirstSlipIs) {
  Exercise exercise = RandomExercise(9, CellKind::kLstm);
  AskCarried(exercise, Quantity::kH);
  const auto compiled = Compile(exercise);
  const auto work = [&](int64_t slip_step) {
    const Answer answer = AnswerOf({.slip = MoveH, .slip_step = slip_step}, exercise);
    const int64_t before = AllocationCount();
    EXPECT_LT(GradeAnswer(*compiled, answer).points, 1);
    return AllocationCount() - before;
  };
  EXPECT_GT(work(0), kSteps) << "each step is made";
  for (int64_t step = 1; step < kSteps; ++step) EXPECT_EQ(work(step), work(0)) << step;
}

TEST(JudgeCarried, StepsThatAreNotAskedAreFollowedThrough) {
  Exercise exercise = RandomExercise(8, CellKind::kLstm);
  Question& question = AskCarried(exercise, Quantity::kH);
  const Answer all = AnswerOf({.slip = MoveH}, exercise);
  const auto width = static_cast<int64_t>(question.elements.size());
  question.steps = {kSlip, kSteps - 1};
  std::vector<double> asked;
  for (const int64_t step : question.steps) {
    asked.insert(asked.end(), all[0]->begin() + step * width, all[0]->begin() + (step + 1) * width);
  }
  EXPECT_THAT(WrongSteps(GradeAnswer(*Compile(exercise), {asked}), exercise), kSlipOnly);
}

}  // namespace
}  // namespace cellar
