#include "server/grading/mistaken_exercise.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/random_exercise.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

constexpr TraceOptions kEverything = {TraceView::kTrace, TraceDensity::kEveryStep};

template <class Real>
void ExpectSameBits(const Exercise& exercise, uint64_t seed) {
  const MistakenExercise<Real> unmistaken = UnmistakenExercise<Real>(exercise);
  for (const MistakenSequence<Real>& sequence : unmistaken.sequences) {
    StackState<Real> state = sequence.initial_state;
    const StackTrace<Real> right =
        RunSteps<Real>(*exercise.model, exercise.numerics, sequence.inputs, kEverything, state);
    EXPECT_EQ(TraceDifference(RunMistaken(unmistaken, sequence), right), "") << "seed " << seed;
  }
}

TEST(MistakenExercise, WithoutAMistakeEqualsRunStepsBitForBit) {
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    const Exercise exercise = RandomExercise(seed);
    if (exercise.numerics.precision == Precision::kFloat32) {
      ExpectSameBits<float>(exercise, seed);
    } else {
      ExpectSameBits<double>(exercise, seed);
    }
  }
}

TEST(MistakenExercise, AnswersTheHomeworkQuestionByQuestion) {
  const Exercise exercise = HomeworkExercise();
  EXPECT_THAT(AnswersOf(UnmistakenExercise<float>(exercise), exercise.questions),
              ElementsAre(0, 0, 1, -1, 1, 0, 1, -1, 0, 1, -1));
}

TEST(MistakenExercise, ReportsLateReversedOrTheMemoryInPlaceOfH) {
  const Exercise exercise = HomeworkExercise();
  MistakenExercise<float> mistaken = UnmistakenExercise<float>(exercise);
  mistaken.formulas.report = ReportFormula::kLate;
  EXPECT_THAT(AnswersOf(mistaken, exercise.questions),
              ElementsAre(0, 0, 0, 1, -1, 1, 0, 1, -1, 0, 1));
  mistaken.formulas.report = ReportFormula::kReversed;
  EXPECT_THAT(AnswersOf(mistaken, exercise.questions),
              ElementsAre(0, 1, -1, 1, 0, 0, -1, 1, 0, -1, 1));
  mistaken.formulas.report = ReportFormula::kHiddenAndMemoryExchanged;
  EXPECT_THAT(AnswersOf(mistaken, exercise.questions),
              ElementsAre(0, 0, 1, -1, 1, -1, 1, -1, 1, 1, -1));
}

}  // namespace
}  // namespace cellar
