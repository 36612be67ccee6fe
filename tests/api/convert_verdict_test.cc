#include "server/api/convert_verdict.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/grading/grader.h"
#include "tests/testing/exercise_message.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<std::string> Fields(const v1::Submission& submission) {
  FieldViolations violations;
  CheckSubmission(submission, "submission", violations);
  return ViolatedFields(BadRequest(violations));
}

v1::Verdict Written(Feedback level, Exercise exercise = HomeworkExercise()) {
  const auto compiled = Compile(std::move(exercise));
  v1::Submission submission;
  submission.set_text(kWrongText);
  const ReadAnswer read = ReadSubmission(submission, compiled->exercise);
  v1::Verdict message;
  WriteVerdictHead(*compiled, "me", level, &message);
  WriteQuestions(*compiled, GradeAnswer(*compiled, read.answer), level, &message);
  return message;
}

TEST(CheckSubmission, AnAnswerIsRequiredInOneForm) {
  EXPECT_THAT(Fields({}), ElementsAre("submission.answer"));
  v1::Submission submission;
  submission.set_text("");
  EXPECT_FALSE(ViolatedFields(BadRequest({{"a", "b"}})).empty());
  FieldViolations violations;
  CheckSubmission(submission, "submission", violations);
  EXPECT_THAT(violations, IsEmpty());
}

TEST(CheckSubmission, IdAndSeedHaveTwoHundredCharactersAtMost) {
  v1::Submission submission;
  submission.mutable_typed();
  std::string id;
  for (int i = 0; i < 200; ++i) id += "\u00E9";
  submission.set_id(id);
  FieldViolations violations;
  CheckSubmission(submission, "submission", violations);
  EXPECT_THAT(violations, IsEmpty());
  submission.set_id(id + "x");
  submission.set_seed(id + "x");
  EXPECT_THAT(Fields(submission), ElementsAre("submission.id", "submission.seed"));
}

TEST(CheckSubmission, AFormatMustBeKnown) {
  v1::Submission submission;
  submission.mutable_file()->set_format(static_cast<v1::AnswerFormat>(77));
  EXPECT_THAT(Fields(submission), ElementsAre("submission.file.format"));
}

TEST(ReadSubmission, TakesTextsByQuestionAndFiles) {
  v1::Submission submission;
  (*submission.mutable_typed()->mutable_texts())["2"] = "1 -1 0 1 -1";
  const ReadAnswer typed = ReadSubmission(submission, HomeworkExercise());
  EXPECT_THAT(typed.problems, IsEmpty());
  EXPECT_FALSE(typed.answer[0].has_value());
  EXPECT_TRUE(typed.answer[1].has_value());
  submission.mutable_file()->set_format(v1::ANSWER_FORMAT_TEXT);
  submission.mutable_file()->set_content(kRightText);
  EXPECT_THAT(ReadSubmission(submission, HomeworkExercise()).answer, SizeIs(2));
}

TEST(WriteVerdict, TheHeadIsThereWhateverCameOut) {
  const v1::Verdict verdict = Written(Feedback::kNone);
  EXPECT_EQ(verdict.submission_id(), "me");
  EXPECT_EQ(verdict.max_points(), 2);
  EXPECT_EQ(verdict.feedback(), v1::FEEDBACK_NONE);
  EXPECT_EQ(verdict.parameter_digest(), Compile(HomeworkExercise())->digest);
  EXPECT_THAT(verdict.engine_version(), testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
}

TEST(WriteVerdict, NoneTellsThePointsOnly) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[1].credit = Credit::kAllOrNothing;
  const v1::Verdict verdict = Written(Feedback::kNone, exercise);
  EXPECT_TRUE(verdict.gradable());
  EXPECT_DOUBLE_EQ(verdict.points(), 5.0 / 6);
  ASSERT_THAT(verdict.questions(), SizeIs(2));
  EXPECT_EQ(verdict.questions(1).question(), "2");
  EXPECT_EQ(verdict.questions(1).value_count(), 5);
  for (const v1::QuestionVerdict& question : verdict.questions()) {
    EXPECT_EQ(question.correct_count(), 0);
    EXPECT_THAT(question.values(), IsEmpty());
  }
}

TEST(WriteVerdict, StepsTellWhichValuesAreRight) {
  const v1::Verdict verdict = Written(Feedback::kSteps);
  EXPECT_EQ(verdict.questions(1).correct_count(), 3);
  const v1::ValueVerdict& wrong = verdict.questions(1).values(3);
  EXPECT_EQ(wrong.step(), 3);
  EXPECT_EQ(wrong.given(), 0);
  EXPECT_FALSE(wrong.correct());
  for (const Feedback level : {Feedback::kSteps, Feedback::kDiagnosis}) {
    const v1::Verdict told = Written(level);
    for (const v1::QuestionVerdict& question : told.questions()) {
      for (const v1::ValueVerdict& value : question.values()) {
        EXPECT_FALSE(value.has_expected());
        EXPECT_FALSE(value.has_expected_if_carried());
      }
    }
  }
}

TEST(WriteVerdict, ExpectedTellsTheKey) {
  Exercise exercise = HomeworkExercise();
  exercise.questions[1].credit = Credit::kCarried;
  const v1::Verdict verdict = Written(Feedback::kExpected, exercise);
  EXPECT_EQ(verdict.questions(1).values(3).expected(), 1);
  EXPECT_FALSE(verdict.questions(1).values(3).has_expected_if_carried());
  // After the student's 0 the candidate is tanh(50), 1, which is what was given.
  EXPECT_EQ(verdict.questions(1).values(4).expected_if_carried(), 1);
  EXPECT_TRUE(verdict.questions(1).values(4).correct_if_carried());
  EXPECT_DOUBLE_EQ(verdict.questions(1).points(), 0.8);
}

TEST(WriteProblems, EveryFieldIsWritten) {
  v1::Verdict verdict;
  WriteProblems({{"q", 2, 3, "is odd"}}, &verdict);
  EXPECT_FALSE(verdict.gradable());
  ASSERT_THAT(verdict.problems(), SizeIs(1));
  EXPECT_EQ(verdict.problems(0).question(), "q");
  EXPECT_EQ(verdict.problems(0).line(), 2);
  EXPECT_EQ(verdict.problems(0).column(), 3);
  EXPECT_EQ(verdict.problems(0).reason(), "is odd");
}

// Protocol Buffers' own strings must be UTF-8, or nobody can read the message.
TEST(WriteProblems, WhatIsNoTextIsMadeSome) {
  v1::Verdict verdict;
  WriteProblems({{"\xED\xB0\x80", 1, 1, std::string("caf\xC3") + std::string(5000, 'x')}},
                &verdict);
  EXPECT_EQ(verdict.problems(0).question(), "???");
  EXPECT_THAT(verdict.problems(0).reason(), testing::StartsWith("caf?xxx"));
  EXPECT_LE(verdict.problems(0).reason().size(), 1000u);
}

}  // namespace
}  // namespace cellar
