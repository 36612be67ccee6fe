#include "server/api/grading_handlers.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/api/exercise_handlers.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class GradingHandlersTest : public testing::Test {
 protected:
  absl::StatusOr<v1::Verdict> Graded(const v1::GradeRequest& request) {
    v1::GradeResponse response;
    absl::Status status = Grade(fixture_.api(), Call(LocalCaller()), request, &response);
    if (!status.ok()) return status;
    return response.verdict();
  }

  ApiFixture fixture_;
};

TEST_F(GradingHandlersTest, ARightAnswerGetsAllPoints) {
  v1::GradeRequest request = GradeText(kRightText);
  request.mutable_submission()->set_id("me");
  const auto verdict = Graded(request);
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_TRUE(verdict->gradable());
  EXPECT_EQ(verdict->points(), 2);
  EXPECT_EQ(verdict->max_points(), 2);
  EXPECT_EQ(verdict->submission_id(), "me");
  EXPECT_EQ(verdict->feedback(), v1::FEEDBACK_STEPS);
  EXPECT_TRUE(verdict->has_duration());
}

TEST_F(GradingHandlersTest, WhatCannotBeReadIsNotGradable) {
  const auto verdict = Graded(GradeText("[0, 0, 1, -1"));
  ASSERT_TRUE(verdict.ok()) << verdict.status();
  EXPECT_FALSE(verdict->gradable());
  EXPECT_EQ(verdict->points(), 0);
  EXPECT_EQ(verdict->max_points(), 2);
  EXPECT_THAT(verdict->questions(), IsEmpty());
  ASSERT_THAT(verdict->problems(), SizeIs(1));
  EXPECT_THAT(verdict->problems(0).reason(), HasSubstr("is not closed"));
}

TEST_F(GradingHandlersTest, TheExercisesLevelHoldsUnlessAnotherIsAskedFor) {
  v1::GradeRequest request = GradeText(kWrongText);
  request.mutable_inline_exercise()->set_feedback(v1::FEEDBACK_NONE);
  EXPECT_EQ(Graded(request)->feedback(), v1::FEEDBACK_NONE);
  EXPECT_THAT(Graded(request)->questions(0).values(), IsEmpty());
  request.set_feedback(v1::FEEDBACK_EXPECTED);
  EXPECT_EQ(Graded(request)->feedback(), v1::FEEDBACK_EXPECTED);
  EXPECT_EQ(Graded(request)->questions(0).values(5).expected(), 0);
}

TEST_F(GradingHandlersTest, DiagnosesFromTheLevelOfDiagnosisOn) {
  const std::string raw_feedback = "[0, 0, 1, -1, 1, 0] [1, -1, 0, 0, 1]";
  EXPECT_THAT(Graded(GradeText(raw_feedback, v1::FEEDBACK_STEPS))->diagnoses(), IsEmpty());
  for (const v1::Feedback level : {v1::FEEDBACK_DIAGNOSIS, v1::FEEDBACK_EXPECTED}) {
    const auto verdict = Graded(GradeText(raw_feedback, level));
    ASSERT_THAT(verdict->diagnoses(), SizeIs(1));
    EXPECT_EQ(verdict->diagnoses(0).mistake(), "raw_feedback");
    EXPECT_EQ(verdict->how_to_tell_apart(), "");
  }
  const auto lost = Graded(GradeText("0 0 0 0 0 0 0 0 0 0 0", v1::FEEDBACK_DIAGNOSIS));
  EXPECT_EQ(lost->diagnoses(0).mistake(), "forget_input_swapped");
  EXPECT_THAT(lost->how_to_tell_apart(), HasSubstr("told apart by"));
  EXPECT_THAT(Graded(GradeText(kRightText, v1::FEEDBACK_EXPECTED))->diagnoses(), IsEmpty());
}

TEST_F(GradingHandlersTest, ListsTheViolationsOfEveryPart) {
  v1::GradeRequest request;
  request.set_feedback(static_cast<v1::Feedback>(9));
  EXPECT_THAT(ViolatedFields(Graded(request).status()),
              ElementsAre("feedback", "submission.answer", "source"));
  request.mutable_inline_exercise();
  EXPECT_THAT(ViolatedFields(Graded(request).status()),
              ElementsAre("feedback", "submission.answer", "inline_exercise.model",
                          "inline_exercise.sequences"));
}

TEST_F(GradingHandlersTest, AVerdictMustFitIntoAMessage) {
  ApiFixtureOptions options;
  options.limits.max_message_bytes = 300;
  ApiFixture small(options);
  v1::GradeResponse response;
  const absl::Status status =
      Grade(small.api(), Call(LocalCaller()), GradeText(kRightText), &response);
  EXPECT_EQ(GetErrorReason(status), "ANSWER_SIZE_LIMIT");
}

TEST_F(GradingHandlersTest, ASeedDecidesWhatIsRight) {
  v1::GradeRequest request = GradeText("");
  request.mutable_inline_exercise()->mutable_sequences()->RemoveLast();
  v1::Variation& variation = *request.mutable_inline_exercise()->add_variations();
  variation.set_field("sequences[0].inputs");
  variation.mutable_choices()->add_values(0);
  variation.mutable_choices()->add_values(1);
  v1::CreateExerciseRequest create;
  create.set_exercise_id("varied");
  *create.mutable_exercise() = request.inline_exercise();
  v1::CreateExerciseResponse created;
  ASSERT_TRUE(CreateExercise(fixture_.api(), Call(LocalCaller()), create, &created).ok());
  for (int i = 0; i < 20; ++i) {
    v1::GetExerciseRequest get;
    get.set_name("exercises/varied");
    get.set_seed(absl::StrCat(i));
    v1::GetExerciseResponse got;
    ASSERT_TRUE(GetExercise(fixture_.api(), Call(LocalCaller()), get, &got).ok());
    std::string answer;
    int run = 0;
    for (const double x : got.exercise().sequences(0).inputs().values()) {
      run = x == 1 ? run + 1 : 0;
      absl::StrAppend(&answer, run == 0 ? 0 : (run % 2 == 1 ? 1 : -1), " ");
    }
    request.mutable_submission()->set_text(answer);
    request.mutable_submission()->set_seed(get.seed());
    EXPECT_EQ(Graded(request)->points(), 1);
    EXPECT_EQ(Graded(request)->parameter_digest(), got.exercise().digest());
  }
}

class GradeStreamTest : public GradingHandlersTest {
 protected:
  static v1::GradeStreamRequest OpenMessage() {
    v1::GradeStreamRequest request;
    *request.mutable_open()->mutable_inline_exercise() = HomeworkMessage();
    return request;
  }
  static v1::GradeStreamRequest Submit(const std::string& text) {
    v1::GradeStreamRequest request;
    request.mutable_submission()->set_text(text);
    return request;
  }

  GradeStream stream_{fixture_.api(), Call(LocalCaller())};
  v1::GradeStreamResponse response_;
};

TEST_F(GradeStreamTest, GradesOneSubmissionAfterAnother) {
  ASSERT_TRUE(stream_.Open(OpenMessage()).ok());
  ASSERT_TRUE(stream_.Grade(Submit(kRightText), &response_).ok());
  EXPECT_EQ(response_.verdict().points(), 2);
  response_.Clear();
  ASSERT_TRUE(stream_.Grade(Submit("nonsense"), &response_).ok());
  EXPECT_FALSE(response_.verdict().gradable());
}

TEST_F(GradeStreamTest, TheFirstMessageOpensAndNoOtherDoes) {
  EXPECT_THAT(ViolatedFields(stream_.Open(Submit("1"))), ElementsAre("request"));
  EXPECT_THAT(ViolatedFields(stream_.Open({})), ElementsAre("request"));
  ASSERT_TRUE(stream_.Open(OpenMessage()).ok());
  EXPECT_THAT(ViolatedFields(stream_.Grade(OpenMessage(), &response_)), ElementsAre("request"));
}

TEST_F(GradeStreamTest, PathsBeginWithTheMessage) {
  v1::GradeStreamRequest request;
  request.mutable_open()->set_feedback(static_cast<v1::Feedback>(9));
  EXPECT_THAT(ViolatedFields(stream_.Open(request)), ElementsAre("open.feedback", "open.source"));
  request.mutable_open()->set_exercise("x");
  EXPECT_THAT(ViolatedFields(stream_.Open(request)), ElementsAre("open.feedback", "open.exercise"));
  ASSERT_TRUE(stream_.Open(OpenMessage()).ok());
  request.mutable_submission();
  EXPECT_THAT(ViolatedFields(stream_.Grade(request, &response_)), ElementsAre("submission.answer"));
}

}  // namespace
}  // namespace cellar
