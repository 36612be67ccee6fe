#include "server/grading/exercise_registry.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/base/error.h"
#include "tests/testing/exercise_builder.h"
#include "tests/testing/model_builder.h"

namespace cellar {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

constexpr char kTenant[] = "mine";

std::shared_ptr<const KeptExercise> Kept(const std::string& name, double points = 1) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[0].points = points;
  auto kept = std::make_shared<KeptExercise>();
  kept->name = name;
  kept->compiled = Compile(exercise);
  return kept;
}

std::vector<std::string> Names(const std::vector<std::shared_ptr<const KeptExercise>>& list) {
  std::vector<std::string> names;
  for (const auto& kept : list) names.push_back(kept->name);
  return names;
}

TEST(ExerciseRegistry, GivesBackWhatItKeeps) {
  ExerciseRegistry registry({});
  const auto kept = Kept("exercises/a");
  ASSERT_TRUE(registry.Add(kTenant, kept).ok());
  EXPECT_EQ(*registry.Get({kTenant, "exercises/a"}), kept);
  EXPECT_EQ(GetErrorReason(registry.Get({kTenant, "exercises/b"}).status()), "EXERCISE_NOT_FOUND");
}

TEST(ExerciseRegistry, TheSameAgainIsTheOneThatIsThere) {
  ExerciseRegistry registry({});
  const auto first = Kept("exercises/a");
  ASSERT_TRUE(registry.Add(kTenant, first).ok());
  EXPECT_EQ(*registry.Add(kTenant, Kept("exercises/a")), first);
  EXPECT_EQ(GetErrorReason(registry.Add(kTenant, Kept("exercises/a", 2)).status()),
            "EXERCISE_EXISTS");
  auto other_words = std::make_shared<KeptExercise>(*Kept("exercises/a"));
  other_words->source = "other words";
  EXPECT_EQ(GetErrorReason(registry.Add(kTenant, other_words).status()), "EXERCISE_EXISTS");
}

TEST(ExerciseRegistry, ListsByNameFromAPlaceOn) {
  ExerciseRegistry registry({});
  for (const char* name : {"exercises/c", "exercises/a", "exercises/b"}) {
    ASSERT_TRUE(registry.Add(kTenant, Kept(name)).ok());
  }
  EXPECT_THAT(Names(registry.List({kTenant, ""}, 2)), ElementsAre("exercises/a", "exercises/b"));
  EXPECT_THAT(Names(registry.List({kTenant, "exercises/b"}, 2)), ElementsAre("exercises/c"));
}

TEST(ExerciseRegistry, EveryTenantHasItsOwn) {
  ExerciseRegistry registry({.max_exercises = 2});
  ASSERT_TRUE(registry.Add(kTenant, Kept("exercises/a")).ok());
  ASSERT_TRUE(registry.Add("yours", Kept("exercises/a", 2)).ok());
  EXPECT_EQ((*registry.Get({"yours", "exercises/a"}))->compiled->max_points, 3);
  EXPECT_THAT(Names(registry.List({"yours", ""}, 5)), ElementsAre("exercises/a"));
  EXPECT_EQ(GetErrorReason(registry.Get({"theirs", "exercises/a"}).status()), "EXERCISE_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(registry.Remove({"theirs", "exercises/a"})), "EXERCISE_NOT_FOUND");
  EXPECT_EQ(GetErrorReason(registry.Add("theirs", Kept("exercises/b")).status()), "EXERCISE_LIMIT");
  ASSERT_TRUE(registry.Remove({"yours", "exercises/a"}).ok());
  EXPECT_TRUE(registry.Get({kTenant, "exercises/a"}).ok());
}

TEST(ExerciseRegistry, ATenantHasCapsOfItsOwn) {
  const int64_t bytes = Kept("exercises/a")->size_bytes();
  ExerciseRegistry registry({.max_exercises_per_tenant = 2, .max_bytes_per_tenant = 2 * bytes});
  ASSERT_TRUE(registry.Add("me", Kept("exercises/a")).ok());
  ASSERT_TRUE(registry.Add("me", Kept("exercises/b")).ok());
  const absl::Status full = registry.Add("me", Kept("exercises/c")).status();
  EXPECT_EQ(GetErrorReason(full), "EXERCISE_LIMIT");
  EXPECT_THAT(GetErrorDetail(full)->metadata, Contains(Pair("scope", "tenant")));
  ASSERT_TRUE(registry.Add("you", Kept("exercises/c")).ok());

  ASSERT_TRUE(registry.Remove({"me", "exercises/a"}).ok());
  auto heavy = std::make_shared<KeptExercise>(*Kept("exercises/c"));
  heavy->source.assign(static_cast<size_t>(bytes), 'x');
  const absl::Status heavier = registry.Add("me", heavy).status();
  EXPECT_EQ(GetErrorReason(heavier), "EXERCISE_BYTES_LIMIT");
  EXPECT_THAT(GetErrorDetail(heavier)->metadata, Contains(Pair("used_bytes", absl::StrCat(bytes))));
  EXPECT_TRUE(registry.Add("me", Kept("exercises/c")).ok());
}

TEST(ExerciseRegistry, HasACapOnNumber) {
  ExerciseRegistry registry({.max_exercises = 1});
  ASSERT_TRUE(registry.Add(kTenant, Kept("exercises/a")).ok());
  EXPECT_EQ(GetErrorReason(registry.Add(kTenant, Kept("exercises/b")).status()), "EXERCISE_LIMIT");
  EXPECT_TRUE(registry.Add(kTenant, Kept("exercises/a")).ok());
}

TEST(ExerciseRegistry, HasACapOnBytesAndGivesThemBack) {
  const int64_t bytes = Kept("exercises/a")->size_bytes();
  EXPECT_GT(bytes, 200);
  ExerciseRegistry registry({.max_bytes = bytes});
  ASSERT_TRUE(registry.Add(kTenant, Kept("exercises/a")).ok());
  EXPECT_EQ(GetErrorReason(registry.Add(kTenant, Kept("exercises/b")).status()),
            "EXERCISE_BYTES_LIMIT");
  ASSERT_TRUE(registry.Remove({kTenant, "exercises/a"}).ok());
  EXPECT_TRUE(registry.Add(kTenant, Kept("exercises/b")).ok());
}

TEST(ExerciseRegistry, ARemovedExerciseLivesWithItsUsers) {
  ExerciseRegistry registry({});
  ASSERT_TRUE(registry.Add(kTenant, Kept("exercises/a")).ok());
  const auto used = *registry.Get({kTenant, "exercises/a"});
  ASSERT_TRUE(registry.Remove({kTenant, "exercises/a"}).ok());
  EXPECT_EQ(GetErrorReason(registry.Remove({kTenant, "exercises/a"})), "EXERCISE_NOT_FOUND");
  EXPECT_EQ(used->compiled->max_points, 2);
}

TEST(KeptExercise, ItsTextsCount) {
  auto kept = std::make_shared<KeptExercise>(*Kept("exercises/a"));
  const int64_t bytes = kept->size_bytes();
  kept->source.assign(1000, 'x');
  kept->description.assign(100, 'x');
  EXPECT_EQ(kept->size_bytes(), bytes + 1100);
}

TEST(KeptExercise, WeightsInAnotherPrecisionThanTheModelsOwnCount) {
  const auto bytes_in = [](Precision precision) {
    Numerics numerics = kCourseRules;
    numerics.precision = precision;
    KeptExercise kept;
    Exercise exercise = HomeworkExercise(numerics);
    exercise.model = HomeworkModel();
    kept.compiled = Compile(std::move(exercise));
    return kept.size_bytes();
  };
  const int64_t weights = HomeworkModel()->memory_bytes(Precision::kFloat64);
  const int64_t more = bytes_in(Precision::kFloat64) - bytes_in(Precision::kFloat32);
  EXPECT_GE(more, weights);
  EXPECT_LT(more, 2 * weights);
}

}  // namespace
}  // namespace cellar
