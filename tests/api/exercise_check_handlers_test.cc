#include "server/api/exercise_check_handlers.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/exercise_handlers.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;

class ExerciseCheckHandlersTest : public testing::Test {
 protected:
  absl::StatusOr<v1::CheckExerciseResponse> Checked(const v1::CheckExerciseRequest& request) {
    v1::CheckExerciseResponse response;
    absl::Status status = CheckExercise(fixture_.api(), Call(LocalCaller()), request, &response);
    if (!status.ok()) return status;
    return response;
  }

  static int64_t UnseenCount(const v1::CheckExerciseResponse& response) {
    return std::count_if(response.mistakes().begin(), response.mistakes().end(),
                         [](const v1::MistakeVisibility& mistake) {
                           return mistake.applicable() && !mistake.visible();
                         });
  }

  ApiFixture fixture_;
};

TEST_F(ExerciseCheckHandlersTest, TellsWhichMistakesTheHomeworkCannotSee) {
  v1::CheckExerciseRequest request;
  *request.mutable_inline_exercise() = HomeworkMessage();
  const auto response = Checked(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(UnseenCount(*response), 46);
  EXPECT_FALSE(response->has_proposal());
}

TEST_F(ExerciseCheckHandlersTest, ProposesAnExerciseThatSeesMoreAndCanBeCheckedItself) {
  v1::CheckExerciseRequest request;
  *request.mutable_inline_exercise() = HomeworkMessage();
  request.set_propose(true);
  const auto response = Checked(request);
  ASSERT_TRUE(response.ok()) << response.status();
  ASSERT_TRUE(response->has_proposal());
  EXPECT_THAT(response->proposal().unseen(), ElementsAre("ties_to_even"));
  v1::CheckExerciseRequest again;
  *again.mutable_inline_exercise() = response->proposal().exercise();
  const auto second = Checked(again);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(UnseenCount(*second), 1);
}

TEST_F(ExerciseCheckHandlersTest, ChecksAnExerciseOfTheService) {
  v1::CreateExerciseRequest create;
  *create.mutable_exercise() = HomeworkMessage();
  create.set_exercise_id("homework");
  v1::CreateExerciseResponse created;
  ASSERT_TRUE(CreateExercise(fixture_.api(), Call(LocalCaller()), create, &created).ok());
  v1::CheckExerciseRequest request;
  request.set_name("exercises/homework");
  const auto response = Checked(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(UnseenCount(*response), 46);
  request.set_name("exercises/other");
  EXPECT_EQ(GetErrorReason(Checked(request).status()), "EXERCISE_NOT_FOUND");
}

TEST_F(ExerciseCheckHandlersTest, RefusesWhatIsNoExercise) {
  EXPECT_THAT(ViolatedFields(Checked({}).status()), ElementsAre("source"));
}

TEST_F(ExerciseCheckHandlersTest, RefusesWhatIsTooLarge) {
  v1::CheckExerciseRequest request;
  *request.mutable_inline_exercise() = HomeworkMessage();
  v1::Tensor* const inputs =
      request.mutable_inline_exercise()->mutable_sequences(0)->mutable_inputs();
  inputs->clear_shape();
  for (int step = 0; step < 21'000; ++step) inputs->add_values(1);
  EXPECT_EQ(GetErrorReason(Checked(request).status()), "STEP_COUNT_LIMIT");
}

}  // namespace
}  // namespace cellar
