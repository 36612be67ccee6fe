#include "server/api/answer_size.h"

#include <limits>
#include <variant>

#include "cellar/v1/session_service.pb.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/convert_state.h"
#include "server/api/convert_trace.h"
#include "server/base/error.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

constexpr int64_t kStepCount = 7;

// What StepAnswerBytes foresees may exceed the truth by framing only: this much a layer, and once.
constexpr int64_t kSlackPerLayer = 600;

template <class Real>
AnyStackTrace RunAll(const Model& model, const Numerics& numerics, TraceOptions options) {
  const auto inputs = RandomNumbers<Real>(1, kStepCount * model.input_size());
  auto state = std::get<StackState<Real>>(ZeroStackState(model, numerics.precision));
  return RunSteps<Real>(model, numerics, inputs, options, state);
}

v1::StepResponse StepAnswer(const AnyStackTrace& trace, v1::Encoding encoding) {
  v1::StepResponse answer;
  // The longest that these fields can be.
  answer.set_first_step(std::numeric_limits<int64_t>::max());
  answer.set_next_step(std::numeric_limits<int64_t>::max());
  answer.set_durable_step(std::numeric_limits<int64_t>::max());
  answer.set_step_count(std::numeric_limits<int64_t>::max());
  answer.set_state_digest(std::string(64, 'a'));
  WriteTrace(trace, {0, RowCount(trace)}, encoding, answer.mutable_trace());
  return answer;
}

TEST(AnswerSizeTest, StepAnswersAreNeverLongerThanForeseenAndHardlyShorter) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE(seed);
    RandomModelOptions random;
    random.precision = seed % 2 == 0 ? Precision::kFloat32 : Precision::kFloat64;
    random.bidirectional = seed % 3 == 0;
    const auto model = RandomModel(seed, random);
    Numerics numerics;
    numerics.precision = random.precision;
    numerics.rounding = seed % 5 == 0 ? Rounding::kNearestTiesToZero : Rounding::kNone;
    TraceOptions options;
    options.view = static_cast<TraceView>(seed % 3);
    options.density = seed % 4 == 0 ? TraceDensity::kLastStep : TraceDensity::kEveryStep;
    const AnyStackTrace trace = numerics.precision == Precision::kFloat32
                                    ? RunAll<float>(*model, numerics, options)
                                    : RunAll<double>(*model, numerics, options);
    for (const v1::Encoding encoding : {v1::ENCODING_VALUES, v1::ENCODING_RAW}) {
      const int64_t foreseen = StepAnswerBytes(*model, numerics, options, encoding, kStepCount);
      const auto actual = static_cast<int64_t>(StepAnswer(trace, encoding).ByteSizeLong());
      const auto layers =
          static_cast<int64_t>(model->shapes().size() + model->backward_shapes().size());
      EXPECT_LE(actual, foreseen);
      EXPECT_GE(actual + kSlackPerLayer * (layers + 1), foreseen);
    }
  }
}

TEST(AnswerSizeTest, StatesAreNeverLongerThanForeseen) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    SCOPED_TRACE(seed);
    RandomModelOptions random;
    random.bidirectional = seed % 3 == 0;
    const auto model = RandomModel(seed, random);
    for (const Precision precision : {Precision::kFloat32, Precision::kFloat64}) {
      for (const v1::Encoding encoding : {v1::ENCODING_VALUES, v1::ENCODING_RAW}) {
        v1::State state;
        WriteState(ZeroStackState(*model, precision), encoding, &state);
        EXPECT_LE(static_cast<int64_t>(state.ByteSizeLong()),
                  StateBytes(*model, precision, encoding));
      }
    }
  }
}

TEST(AnswerSizeTest, ANumberTakesEightBytesUnlessItIsRawFloat32) {
  EXPECT_EQ(NumberBytes(v1::ENCODING_RAW, Precision::kFloat32), 4);
  EXPECT_EQ(NumberBytes(v1::ENCODING_RAW, Precision::kFloat64), 8);
  EXPECT_EQ(NumberBytes(v1::ENCODING_VALUES, Precision::kFloat32), 8);
  EXPECT_EQ(NumberBytes(v1::ENCODING_VALUES, Precision::kFloat64), 8);
}

TEST(AnswerSizeTest, AnAnswerMayFillTheLimitButNotExceedIt) {
  EXPECT_TRUE(CheckAnswerSize(100, 100).ok());
  EXPECT_EQ(GetErrorReason(CheckAnswerSize(101, 100)), "ANSWER_SIZE_LIMIT");
}

}  // namespace
}  // namespace cellar
