#include "server/engine/step_run.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/allocation_count.h"
#include "tests/testing/model_builder.h"
#include "tests/testing/trace_bits.h"

namespace cellar {
namespace {

constexpr TraceOptions kViews[] = {
    {TraceView::kTrace, TraceDensity::kEveryStep},
    {TraceView::kState, TraceDensity::kEveryStep},
    {TraceView::kOutput, TraceDensity::kEveryStep},
    {TraceView::kTrace, TraceDensity::kLastStep},
};

// Numbers of which one in three is none, or as good as none.
template <class Real>
std::vector<Real> PoisonedNumbers(uint64_t seed, int64_t count) {
  using Limits = std::numeric_limits<Real>;
  const Real poisons[] = {Limits::quiet_NaN(), -Limits::quiet_NaN(), Limits::infinity(),
                          -Limits::infinity(), Limits::max(),        -Limits::max()};
  std::mt19937_64 random(seed);
  std::vector<Real> numbers = RandomNumbers<Real>(seed, count);
  for (Real& number : numbers) {
    if (random() % 3 == 0) number = poisons[random() % std::size(poisons)];
  }
  return numbers;
}

enum class Food { kHealthy, kPoisoned };

// One session: what it steps through and, beside it, what it would have given alone.
template <class Real>
struct Walker {
  Walker(std::shared_ptr<const Model> its_model, const Numerics& its_numerics, uint64_t seed,
         int64_t step_count, TraceOptions options, Food food = Food::kHealthy)
      : model(std::move(its_model)),
        numerics(its_numerics),
        inputs(food == Food::kHealthy
                   ? RandomNumbers<Real>(seed, step_count * model->input_size())
                   : PoisonedNumbers<Real>(seed, step_count * model->input_size())),
        state(std::get<StackState<Real>>(ZeroStackState(*model, PrecisionOf<Real>()))),
        alone_state(state),
        alone(RunSteps<Real>(*model, numerics, inputs, options, alone_state)),
        run(*model, numerics, inputs, options, state) {}

  // The first difference from having been alone; empty if there is none.
  std::string Difference() {
    const std::string difference = TraceDifference(run.TakeTrace(), alone);
    if (!difference.empty()) return difference;
    return StackStateDigest(state) == StackStateDigest(alone_state) ? "" : "state";
  }

  const std::shared_ptr<const Model> model;
  const Numerics numerics;
  const std::vector<Real> inputs;
  StackState<Real> state;
  StackState<Real> alone_state;
  const StackTrace<Real> alone;
  StepRun<Real> run;
};

// Sessions come, step together for random lengths, and go. Some have eaten what makes NaNs of all
// their numbers; nobody else may notice.
template <class Real>
void StepAtRandom(uint64_t seed, const RandomModelOptions& options, int64_t most_present) {
  std::mt19937_64 random(seed);
  const auto model = RandomModel(seed, options);
  Numerics numerics;
  numerics.precision = PrecisionOf<Real>();
  if (random() % 3 == 0) numerics.activation_rule = ActivationRule::kSaturating;
  if (random() % 3 == 0) numerics.rounding = Rounding::kNearestTiesToZero;
  if (random() % 2 == 0) numerics.rounding_scope = RoundingScope::kFeedback;
  std::vector<std::unique_ptr<Walker<Real>>> present;
  std::atomic<int64_t> newcomers{0};
  for (int to_come = 40; to_come > 0 || !present.empty();) {
    const auto room = static_cast<size_t>(most_present);
    for (; to_come > 0 && present.size() < room && random() % 3 != 0; --to_come) {
      const Food food = random() % 4 == 0 ? Food::kPoisoned : Food::kHealthy;
      present.push_back(std::make_unique<Walker<Real>>(model, numerics, random(),
                                                       1 + static_cast<int64_t>(random() % 9),
                                                       kViews[random() % 4], food));
    }
    if (present.empty()) continue;
    std::vector<StepRun<Real>*> runs;
    int64_t fewest_left = present[0]->run.left();
    for (const auto& walker : present) {
      runs.push_back(&walker->run);
      fewest_left = std::min(fewest_left, walker->run.left());
    }
    const int64_t count = 1 + static_cast<int64_t>(random() % fewest_left);
    newcomers = static_cast<int64_t>(random() % 2);
    const int64_t made = Advance<Real>(runs, count, &newcomers);
    ASSERT_EQ(made, newcomers == 0 ? count : 1);
    for (size_t k = present.size(); k-- > 0;) {
      if (present[k]->run.left() > 0) continue;
      ASSERT_EQ(present[k]->Difference(), "");
      present.erase(present.begin() + static_cast<std::ptrdiff_t>(k));
    }
  }
}

template <class Real>
class StepRunOf : public testing::Test {};

struct StepRunPrecisionName {
  template <class Real>
  static std::string GetName(int) {
    return sizeof(Real) == 4 ? "float" : "double";
  }
};
using StepRunReals = testing::Types<float, double>;
TYPED_TEST_SUITE(StepRunOf, StepRunReals, StepRunPrecisionName);

TYPED_TEST(StepRunOf, SmallSessionsGiveTheSameBitsInAnyCompany) {
  for (uint64_t seed = 1; seed <= 60 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    StepAtRandom<TypeParam>(seed, {.precision = PrecisionOf<TypeParam>()},
                            1 + static_cast<int64_t>(seed % 12));
  }
}

TYPED_TEST(StepRunOf, EveryKindOfCellGivesTheSameBitsInBatchesOfEverySize) {
  for (CellKind kind :
       {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
    for (uint64_t seed = 1; seed <= 6 && !testing::Test::HasFailure(); ++seed) {
      SCOPED_TRACE(absl::StrCat("kind ", static_cast<int>(kind), ", seed ", seed));
      StepAtRandom<TypeParam>(
          seed,
          {.precision = PrecisionOf<TypeParam>(), .kind = kind, .layer_count = 0, .max_size = 70},
          40);
    }
  }
}

// Large enough that steps are shared out, with helpers that come and go. Some of a model that is
// stored as bfloat16, whose bits alone are judged in same_bits_test.cc.
TYPED_TEST(StepRunOf, SharedByACrewOfAnySizeGivesTheSameBits) {
  for (int seats : {1, 2, 3, 5}) {
    const bool is_short = seats >= 3 && std::is_same_v<TypeParam, float>;
    const auto storage = is_short ? WeightStorage::kBfloat16 : WeightStorage::kFull;
    for (CellKind kind :
         {CellKind::kLstm, CellKind::kGruResetBefore, CellKind::kGruResetAfter, CellKind::kRnn}) {
      SCOPED_TRACE(absl::StrCat("seats ", seats, ", kind ", static_cast<int>(kind)));
      const uint64_t seed = static_cast<uint64_t>(seats) * 10 + static_cast<uint64_t>(kind);
      const auto model = RandomModel(seed, {.precision = PrecisionOf<TypeParam>(),
                                            .weight_storage = storage,
                                            .kind = kind,
                                            .layer_count = 2,
                                            .max_size = 150});
      StepCrew crew(seats);
      const std::atomic<int64_t> nowhere_else{0};
      std::vector<std::thread> helpers;
      for (int k = 1; k < seats; ++k) helpers.emplace_back([&] { crew.Help(nowhere_else); });
      std::vector<std::unique_ptr<Walker<TypeParam>>> walkers;
      std::vector<StepRun<TypeParam>*> runs;
      for (uint64_t k = 0; k < 40; ++k) {
        Numerics numerics;
        numerics.precision = PrecisionOf<TypeParam>();
        const Food food = k % 5 == 0 ? Food::kPoisoned : Food::kHealthy;
        walkers.push_back(
            std::make_unique<Walker<TypeParam>>(model, numerics, seed + k, 6, kViews[k % 4], food));
        runs.push_back(&walkers.back()->run);
      }
      Advance<TypeParam>(runs, 1, nullptr, &crew);
      Advance<TypeParam>(runs, 5, nullptr, &crew);
      crew.Dismiss();
      for (std::thread& helper : helpers) helper.join();
      for (const auto& walker : walkers) ASSERT_EQ(walker->Difference(), "");
    }
  }
}

TEST(StepRun, IsCutBetweenTwoStepsByNewcomersAndGoesOnAsIfNothingHadHappened) {
  const auto model = RandomModel(3, {.kind = {}, .layer_count = 3});
  Walker<float> walker(model, {}, 5, 100, kViews[0]);
  StepRun<float>* const run = &walker.run;
  const std::atomic<int64_t> newcomers{1};
  EXPECT_EQ(Advance<float>({&run, 1}, 60, &newcomers), 1);
  EXPECT_EQ(run->left(), 99);
  EXPECT_EQ(Advance<float>({&run, 1}, 99), 99);
  EXPECT_EQ(walker.Difference(), "");
}

// Somebody comes while the 21st step is made. To happen at the same step each time, the count is
// where the session's h is: 0 until then, and the bits of 1 after it.
TEST(StepRun, IsCutInTheMiddleOfAnAdvanceAndGoesOnAsIfNothingHadHappened) {
  static_assert(sizeof(std::atomic<int64_t>) == sizeof(double));
  const Numerics numerics = {.precision = Precision::kFloat64,
                             .rounding = Rounding::kNearestTiesToZero,
                             .rounding_scope = RoundingScope::kFeedback};
  const auto model = HomeworkModel(Precision::kFloat64);
  std::vector<double> inputs(40);
  for (size_t step = 20; step < inputs.size(); ++step) inputs[step] = step % 5 == 0 ? 0 : 1;
  const auto zero = std::get<StackState<double>>(ZeroStackState(*model, Precision::kFloat64));
  StackState<double> alone_state = zero;
  const auto alone = RunSteps<double>(*model, numerics, inputs, kViews[0], alone_state);
  StackState<double> state = zero;
  StepRun<double> first(*model, numerics, inputs, kViews[0], state);
  Walker<double> second(model, numerics, 1, 43, kViews[1]);
  const std::vector<StepRun<double>*> runs = {&first, &second.run};
  const auto* const newcomers =
      reinterpret_cast<const std::atomic<int64_t>*>(state.layers[0].h.data());
  EXPECT_EQ(Advance<double>(runs, 40, newcomers), 32) << "a small cell's rows make 16 at a time";
  EXPECT_EQ(first.left(), 8);
  EXPECT_EQ(second.run.left(), 11);
  EXPECT_EQ(Advance<double>(runs, 8), 8);
  StepRun<double>* const last = &second.run;
  EXPECT_EQ(Advance<double>({&last, 1}, 3), 3);
  EXPECT_EQ(TraceDifference(first.TakeTrace(), alone), "");
  EXPECT_EQ(state, alone_state);
  EXPECT_EQ(second.Difference(), "");
}

TEST(StepRun, AdvancesWithoutAllocationsAfterWarmUp) {
  const auto model = RandomModel(4, {.kind = {}, .layer_count = 3});
  std::vector<std::unique_ptr<Walker<float>>> walkers;
  std::vector<StepRun<float>*> runs;
  for (uint64_t seed = 0; seed < 10; ++seed) {
    walkers.push_back(std::make_unique<Walker<float>>(model, Numerics{}, seed, 20, kViews[0]));
    runs.push_back(&walkers.back()->run);
  }
  Advance<float>(runs, 5);
  Advance<float>(runs, 1);
  const int64_t before = AllocationCount();
  Advance<float>(runs, 5);
  Advance<float>(runs, 1);
  EXPECT_EQ(AllocationCount() - before, 0);
}

}  // namespace
}  // namespace cellar
