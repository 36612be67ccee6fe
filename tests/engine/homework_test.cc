// The course problem this project starts from, under every rule of rounding and activation.
#include <cmath>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/engine/step_runner.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::Pointwise;

using Numbers = std::vector<double>;

const Numbers kStates1 = {0, 0, 1, 1, 1, 0};
const Numbers kStates2 = {1, 1, 0, 1, 1};
const Numbers kAccepted1 = {0, 0, 1, -1, 1, 0};
const Numbers kAccepted2 = {1, -1, 0, 1, -1};

constexpr Numerics kExact = {};
constexpr Numerics kExactReport = {.rounding = Rounding::kNearestTiesToZero};
constexpr Numerics kExactFeedback = {.rounding = Rounding::kNearestTiesToZero,
                                     .rounding_scope = RoundingScope::kFeedback};
constexpr Numerics kSaturating = {.activation_rule = ActivationRule::kSaturating};
constexpr Numerics kSaturatingReport = {.activation_rule = ActivationRule::kSaturating,
                                        .rounding = Rounding::kNearestTiesToZero};
constexpr Numerics kCourse = {.activation_rule = ActivationRule::kSaturating,
                              .rounding = Rounding::kNearestTiesToZero,
                              .rounding_scope = RoundingScope::kFeedback};

template <class Real>
class Homework : public testing::Test {
 protected:
  // What the cell reports for `inputs`, widened.
  LayerTrace<double> Trace(const Numerics& numerics, const Numbers& inputs) const {
    const std::vector<Real> x(inputs.begin(), inputs.end());
    auto state = std::get<StackState<Real>>(ZeroStackState(*model_, PrecisionOf<Real>()));
    const StackTrace<Real> trace =
        RunSteps<Real>(*model_, numerics, x, {TraceView::kTrace, TraceDensity::kEveryStep}, state);
    const LayerTrace<Real>& layer = trace.layers[0];
    LayerTrace<double> wide;
    wide.h = Numbers(layer.h.begin(), layer.h.end());
    wide.c = Numbers(layer.c.begin(), layer.c.end());
    wide.forget_gate = Numbers(layer.forget_gate.begin(), layer.forget_gate.end());
    wide.input_gate = Numbers(layer.input_gate.begin(), layer.input_gate.end());
    wide.output_gate = Numbers(layer.output_gate.begin(), layer.output_gate.end());
    return wide;
  }

  Numbers H(const Numerics& numerics, const Numbers& inputs) const {
    return Trace(numerics, inputs).h;
  }
  Numbers C(const Numerics& numerics, const Numbers& inputs) const {
    return Trace(numerics, inputs).c;
  }

 private:
  const std::shared_ptr<const Model> model_ = HomeworkModel(PrecisionOf<Real>());
};

using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(Homework, Reals);

constexpr double kTolerance = 1e-6;  // the tables below have nine digits, float32 has seven

TYPED_TEST(Homework, IsAnsweredByTheCoursesRules) {
  EXPECT_EQ(this->H(kCourse, kStates1), kAccepted1);
  EXPECT_EQ(this->H(kCourse, kStates2), kAccepted2);
}

TYPED_TEST(Homework, IsAnsweredByExactFunctionsWhereverRoundingActs) {
  for (const Numerics& numerics : {kExactReport, kExactFeedback}) {
    EXPECT_EQ(this->H(numerics, kStates1), kAccepted1);
    EXPECT_EQ(this->H(numerics, kStates2), kAccepted2);
  }
}

TYPED_TEST(Homework, SaturatingWithRawFeedbackAnswersTheSecondPartWrongly) {
  EXPECT_EQ(this->H(kSaturatingReport, kStates1), kAccepted1);
  EXPECT_THAT(this->H(kSaturatingReport, kStates2), ElementsAre(1, -1, 0, 0, 1));
}

TYPED_TEST(Homework, HasTheseStatesWithoutRounding) {
  EXPECT_THAT(this->H(kExact, kStates1),
              Pointwise(DoubleNear(kTolerance),
                        {0.0, 0.0, .761594156, -.761594156, .761594156, -.380797078}));
  EXPECT_THAT(this->H(kExact, kStates2),
              Pointwise(DoubleNear(kTolerance),
                        {.761594156, -.761594156, .380797078, .761594156, -.761594156}));
  EXPECT_THAT(this->H(kSaturating, kStates1), ElementsAre(0, 0, 1, -1, 1, -.5));
  EXPECT_THAT(this->H(kSaturating, kStates2), ElementsAre(1, -1, .5, 0, 1));
}

TYPED_TEST(Homework, HasTheseMemories) {
  for (const Numerics& numerics : {kExactFeedback, kCourse}) {
    EXPECT_THAT(this->C(numerics, kStates1),
                Pointwise(DoubleNear(kTolerance), {0.0, 0.0, 1.0, -1.0, 1.0, -1.0}));
    EXPECT_THAT(this->C(numerics, kStates2),
                Pointwise(DoubleNear(kTolerance), {1.0, -1.0, 1.0, 1.0, -1.0}));
  }
  EXPECT_THAT(this->C(kExact, kStates2),
              Pointwise(DoubleNear(kTolerance), {1.0, -1.0, 1.0, .99999999991, -1.0}));
  EXPECT_THAT(this->C(kSaturating, kStates2), ElementsAre(1, -1, 1, 0, 1));
}

TYPED_TEST(Homework, HasTheseGates) {
  const LayerTrace<double> trace = this->Trace(kExactFeedback, kStates1);
  for (double f : trace.forget_gate) EXPECT_NEAR(f, 3.7200759760e-44, 1e-45);  // not flushed to 0
  for (double i : trace.input_gate) EXPECT_EQ(i, 1);
  EXPECT_THAT(trace.output_gate, ElementsAre(.5, .5, 1, 1, 1, .5));
}

TYPED_TEST(Homework, NeverShowsMinusZero) {
  for (const Numerics& numerics : {kExactReport, kExactFeedback, kCourse}) {
    for (double h : this->H(numerics, kStates1)) EXPECT_FALSE(h == 0 && std::signbit(h));
  }
}

// All binary inputs of 1 to 8 steps: 510.
std::vector<Numbers> BinaryInputs() {
  std::vector<Numbers> all;
  for (int length = 1; length <= 8; ++length) {
    for (int bits = 0; bits < 1 << length; ++bits) {
      Numbers inputs;
      for (int t = 0; t < length; ++t) inputs.push_back(bits >> t & 1);
      all.push_back(inputs);
    }
  }
  return all;
}

// 0 for a zero; for a one 1 or -1 in turn, beginning with 1 in every run of ones.
Numbers ParityOfRuns(const Numbers& inputs) {
  Numbers h;
  double sign = 1;
  for (double x : inputs) {
    h.push_back(x == 0 ? 0 : sign);
    sign = x == 0 ? 1 : -sign;
  }
  return h;
}

TYPED_TEST(Homework, TellsTheParityOfTheRunOfOnesForEveryBinaryInput) {
  ASSERT_EQ(BinaryInputs().size(), 510u);
  for (const Numbers& inputs : BinaryInputs()) {
    const Numbers expected = ParityOfRuns(inputs);
    for (const Numerics& numerics : {kExactReport, kExactFeedback, kCourse}) {
      EXPECT_EQ(this->H(numerics, inputs), expected) << testing::PrintToString(inputs);
    }
  }
}

TYPED_TEST(Homework, SaturatingWithRawFeedbackIsWrongOn198BinaryInputs) {
  int wrong_count = 0;
  for (const Numbers& inputs : BinaryInputs()) {
    wrong_count += this->H(kSaturatingReport, inputs) != ParityOfRuns(inputs);
  }
  EXPECT_EQ(wrong_count, 198);
}

TYPED_TEST(Homework, MemoryDependsOnWhatIsFedBackOn290BinaryInputs) {
  int different_count = 0;
  for (const Numbers& inputs : BinaryInputs()) {
    const Numbers raw = this->C(kExactReport, inputs);
    const Numbers rounded = this->C(kExactFeedback, inputs);
    bool different = false;
    for (size_t t = 0; t < raw.size(); ++t) different |= std::abs(raw[t] - rounded[t]) > 0.01;
    different_count += different;
  }
  EXPECT_EQ(different_count, 290);
  EXPECT_NEAR(this->C(kExactReport, {1, 0, 0}).back(), 1, kTolerance);
  EXPECT_NEAR(this->C(kExactFeedback, {1, 0, 0}).back(), 0, kTolerance);
}

}  // namespace
}  // namespace cellar
