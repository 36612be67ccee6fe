#include "server/api/exercise_source.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/exercise_handlers.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

class ExerciseSourceTest : public testing::Test {
 protected:
  absl::StatusOr<ExerciseSource> Open(const v1::GradeRequest& request) {
    return ExerciseSource::Open(fixture_.api(), Call(LocalCaller()), WishOf(request, ""), {});
  }

  ApiFixture fixture_;
};

TEST_F(ExerciseSourceTest, OneOfTheTwoIsRequired) {
  EXPECT_THAT(ViolatedFields(Open({}).status()), ElementsAre("source"));
  v1::GradeRequest request;
  request.set_exercise("no name");
  EXPECT_THAT(ViolatedFields(Open(request).status()), ElementsAre("exercise"));
  request.mutable_inline_exercise();
  EXPECT_THAT(ViolatedFields(Open(request).status()),
              ElementsAre("inline_exercise.model", "inline_exercise.sequences"));
}

TEST_F(ExerciseSourceTest, AnExerciseThatIsNotThereIsToldWithTheEpoch) {
  v1::GradeRequest request;
  request.set_exercise("exercises/a");
  const absl::Status status = Open(request).status();
  EXPECT_EQ(GetErrorReason(status), "EXERCISE_NOT_FOUND");
  EXPECT_EQ(MetadataOf(status, "server_epoch"), fixture_.api().sessions.epoch());
}

TEST_F(ExerciseSourceTest, WithoutVariationsEverySeedIsTheExerciseItself) {
  const v1::GradeRequest request = GradeText("");
  const auto source = Open(request);
  ASSERT_TRUE(source.ok()) << source.status();
  EXPECT_EQ(source->Draw("a")->get(), &source->written());
}

TEST_F(ExerciseSourceTest, KeptAndInlineExercisesDrawTheSame) {
  v1::GradeRequest request = GradeText("");
  v1::Variation& variation = *request.mutable_inline_exercise()->add_variations();
  variation.set_field("sequences[0].inputs");
  variation.mutable_choices()->add_values(0);
  variation.mutable_choices()->add_values(1);
  v1::CreateExerciseRequest create;
  *create.mutable_exercise() = request.inline_exercise();
  v1::CreateExerciseResponse created;
  ASSERT_TRUE(CreateExercise(fixture_.api(), Call(LocalCaller()), create, &created).ok());
  v1::GradeRequest by_name;
  by_name.set_exercise(created.exercise().name());
  const auto drawn = Open(request)->Draw("a");
  const auto drawn_by_name = Open(by_name)->Draw("a");
  EXPECT_EQ((*drawn)->digest, (*drawn_by_name)->digest);
  EXPECT_NE((*drawn)->digest, created.exercise().digest());
  EXPECT_NE((*drawn)->digest, (*Open(by_name)->Draw("other"))->digest);
}

TEST_F(ExerciseSourceTest, StopsWhenNobodyWaits) {
  const v1::GradeRequest request = GradeText("");
  Call call(LocalCaller());
  call.cancelled = [] { return true; };
  EXPECT_EQ(ExerciseSource::Open(fixture_.api(), call, WishOf(request, ""), {}).status().code(),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace cellar
