#include "client/grading/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/grading/long_report.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReportTest, NamesTheQuestionsAfterTheirSequences) {
  const Report report = SceneReport("half right");
  ASSERT_EQ(report.questions.size(), 2);
  EXPECT_EQ(report.questions[0].name, "LSTM states");
  EXPECT_EQ(report.questions[1].number, "2");
  EXPECT_EQ(report.questions[0].message, "wrong at steps 2, 3 (counted from 0)");
  ASSERT_EQ(report.values.size(), 8);
  EXPECT_EQ(report.values[6].number, "2.3");
  EXPECT_EQ(report.values[6].name, "LSTM states 2: h of step 2");
  EXPECT_EQ(report.values[6].max_points, 0.25);
  EXPECT_EQ(report.values[6].given, "-1");
}

TEST(ReportTest, NamesAskedGatesByLetterAndPrompt) {
  v1::Exercise exercise = HomeworkExercise();
  v1::Question& question = *exercise.add_questions();
  question.set_id("gate");
  question.set_prompt("What does the forget gate do?");
  question.set_quantity(v1::QUANTITY_FORGET_GATE);
  v1::Verdict verdict = MakeVerdict(1, 1, v1::FEEDBACK_STEPS);
  verdict.mutable_questions(0)->set_question("gate");
  verdict.mutable_questions(1)->set_question("stranger");
  verdict.mutable_questions(0)->mutable_values(0)->set_element(2);
  const Report report = MakeReport(exercise, verdict);
  EXPECT_EQ(report.values[0].name, "What does the forget gate do?: f of step 0, element 2");
  EXPECT_EQ(report.values[1].name, "question stranger: h of step 0");
}

TEST(ReportTest, NothingAboveTheFeedbackLevelIsInIt) {
  const v1::Exercise exercise = HomeworkExercise();
  for (const auto level : {v1::FEEDBACK_UNSPECIFIED, v1::FEEDBACK_NONE, v1::FEEDBACK_STEPS,
                           v1::FEEDBACK_DIAGNOSIS, v1::FEEDBACK_EXPECTED}) {
    v1::Verdict verdict = MakeVerdict(4, 2, level);
    verdict.mutable_questions(0)->mutable_values(3)->set_expected_if_carried(12345);
    const Report report = MakeReport(exercise, verdict);
    const bool values = level != v1::FEEDBACK_NONE;
    EXPECT_EQ(report.values.size(), values ? 8 : 0);
    EXPECT_EQ(report.questions[0].message.empty(), !values);
    EXPECT_EQ(DiagnosisText(report).empty(), level < v1::FEEDBACK_DIAGNOSIS);
    const bool expected = level == v1::FEEDBACK_EXPECTED;
    EXPECT_EQ(report.verdict.DebugString().find("expected") != std::string::npos, expected);
    for (const ReportedTest& test : report.values) EXPECT_EQ(test.expected.empty(), !expected);
  }
}

TEST(ReportTest, AValueSaysWhatWasGivenAndWhatFollowsFromTheStepBefore) {
  v1::Verdict verdict = MakeVerdict(3, 0, v1::FEEDBACK_EXPECTED);
  auto& values = *verdict.mutable_questions(0)->mutable_values();
  values[0].clear_given();
  values[1].set_correct_if_carried(true);
  values[2].set_expected_if_carried(0.5);
  const Report report = MakeReport(HomeworkExercise(), verdict);
  EXPECT_EQ(report.values[0].message, "no answer, expected 1");
  EXPECT_EQ(report.values[1].message,
            "given -1, expected 1; right after your own values of the step before");
  EXPECT_TRUE(report.values[1].passed);
  EXPECT_EQ(report.values[2].message,
            "given -1, expected 1; after your own values of the step before, 0.5");
}

TEST(ReportTest, ManyWrongStepsAreCounted) {
  EXPECT_EQ(SceneReport("ten thousand steps").questions[0].message,
            "wrong at 5000 steps, the first of them step 5000 (counted from 0)");
}

TEST(ReportTest, AQuestionThatIsNotAnsweredIsNotWrongAtSteps) {
  v1::Verdict verdict = MakeVerdict(3, 0, v1::FEEDBACK_STEPS);
  for (v1::ValueVerdict& value : *verdict.mutable_questions(0)->mutable_values()) {
    value.clear_given();
  }
  verdict.mutable_questions(1)->mutable_values(0)->clear_given();
  const Report report = MakeReport(HomeworkExercise(), verdict);
  EXPECT_EQ(report.questions[0].message, "no answer");
  EXPECT_EQ(report.questions[1].message, "wrong at steps 0, 1, 2 (counted from 0)");
}

TEST(ReportTest, PointsHaveNoDustOfTheirSum) {
  v1::Verdict verdict = MakeVerdict(3, 3, v1::FEEDBACK_STEPS);
  verdict.set_points(1.0000000000000002);
  verdict.set_max_points(0.1 + 0.2);
  verdict.mutable_questions(0)->set_points(0.9999999999999999);
  const Report report = MakeReport(HomeworkExercise(), verdict);
  EXPECT_EQ(report.verdict.points(), 1);
  EXPECT_EQ(report.verdict.max_points(), 0.3);
  EXPECT_EQ(report.questions[0].points, 1);
  verdict.set_points(37.0 / 30);
  EXPECT_EQ(MakeReport(HomeworkExercise(), verdict).verdict.points(), 37.0 / 30) << "no dust";
}

TEST(ReportTest, WhatLiesAboveTheLevelIsLeftOutWhoeverPutItThere) {
  v1::Verdict verdict = MakeVerdict(4, 2, v1::FEEDBACK_NONE);
  const Report none = MakeReport({}, verdict);
  EXPECT_EQ(none.verdict.questions(0).correct_count(), 0);
  EXPECT_EQ(none.verdict.questions(0).values_size(), 0);
  verdict.set_feedback(v1::FEEDBACK_STEPS);
  const Report steps = MakeReport({}, verdict);
  EXPECT_EQ(steps.verdict.questions(0).correct_count(), 2);
  EXPECT_EQ(steps.verdict.how_to_tell_apart(), "");
  EXPECT_EQ(steps.verdict.diagnoses_size(), 0);
}

TEST(ReportTest, AStepThatCountsAsCarriedIsNotWrong) {
  v1::Verdict verdict = MakeVerdict(3, 1, v1::FEEDBACK_STEPS);
  verdict.mutable_questions(0)->mutable_values(2)->set_correct_if_carried(true);
  EXPECT_EQ(MakeReport({}, verdict).questions[0].message, "wrong at step 1 (counted from 0)");
}

TEST(ReportTest, AMistakeThatFitsInPartIsSaidToFitInPart) {
  v1::Verdict verdict = MakeVerdict(4, 2, v1::FEEDBACK_DIAGNOSIS);
  verdict.mutable_diagnoses(0)->set_matching_count(7);
  EXPECT_THAT(DiagnosisText(MakeReport({}, verdict)),
              HasSubstr("The answer is in part consistent with:\n- forget and input gate swapped "
                        "(7 of 8 values fit)."));
}

TEST(ReportTest, AWrongValueSaysSoWhereNothingIsSaidOfTheExpectedOne) {
  const Report report = MakeReport({}, MakeVerdict(1, 0, v1::FEEDBACK_STEPS));
  EXPECT_EQ(report.values[0].message, "given -1, which is wrong");
  v1::Verdict carried = MakeVerdict(1, 0, v1::FEEDBACK_STEPS);
  carried.mutable_questions(0)->mutable_values(0)->set_correct_if_carried(true);
  EXPECT_EQ(MakeReport({}, carried).values[0].message,
            "given -1; right after your own values of the step before");
}

TEST(ReportTest, ProblemsTellTheirPlace) {
  v1::Verdict verdict = UngradableVerdict("a", "nothing there");
  v1::ReadProblem& problem = *verdict.add_problems();
  problem.set_question("2");
  problem.set_line(3);
  problem.set_column(9);
  problem.set_reason("\"x\" is no number");
  EXPECT_THAT(ProblemLines(MakeReport({}, verdict)),
              ElementsAre("nothing there", "question 2, line 3, column 9: \"x\" is no number"));
  EXPECT_THAT(ProblemLines(MakeReport({}, v1::Verdict())),
              ElementsAre("the answer could not be read"));
}

TEST(ReportTest, WithoutPointsOnlyRightAnswersAreRight) {
  v1::Exercise exercise;
  exercise.add_questions()->set_points(0);
  v1::Verdict verdict;
  verdict.set_gradable(true);
  v1::QuestionVerdict& question = *verdict.add_questions();
  question.set_question("1");
  question.set_value_count(2);
  for (const bool correct : {true, false}) question.add_values()->set_correct(correct);
  question.set_correct_count(1);
  EXPECT_EQ(Fraction(MakeReport(exercise, verdict)), 0);
  question.mutable_values(1)->set_correct(true);
  question.set_correct_count(2);
  EXPECT_EQ(Fraction(MakeReport(exercise, verdict)), 1);
}

TEST(ReportTest, AQuestionWithoutPointsPassesByItsValues) {
  v1::Verdict verdict = MakeVerdict(2, 1, v1::FEEDBACK_STEPS);
  for (v1::QuestionVerdict& question : *verdict.mutable_questions()) {
    question.set_points(0);
    question.set_max_points(0);
  }
  verdict.set_max_points(0);
  verdict.mutable_questions(1)->mutable_values(1)->set_correct_if_carried(true);
  const Report wrong = MakeReport({}, verdict);
  EXPECT_FALSE(wrong.questions[0].passed);
  EXPECT_TRUE(wrong.questions[1].passed) << "an error carried forward counts";
  EXPECT_EQ(Fraction(wrong), 0);
  verdict.mutable_questions(0)->mutable_values(1)->set_correct(true);
  EXPECT_TRUE(MakeReport({}, verdict).questions[0].passed);
  EXPECT_EQ(Fraction(MakeReport({}, verdict)), 1);
  verdict.set_feedback(v1::FEEDBACK_NONE);  // which tells the points, and there are none
  EXPECT_TRUE(MakeReport({}, verdict).questions[0].passed);
}

TEST(ReportTest, AnAnswerThatIsNotThereIsOfAsManyPoints) {
  v1::Exercise exercise;
  exercise.add_questions()->set_points(3);
  exercise.add_questions();
  EXPECT_EQ(MakeReport(exercise, UngradableVerdict("a", "there is no file")).verdict.max_points(),
            4);
}

TEST(ReportTest, FractionsAreBetweenZeroAndOne) {
  EXPECT_EQ(Fraction(SceneReport("all right")), 1);
  EXPECT_EQ(Fraction(SceneReport("half right")), 0.5);
  EXPECT_EQ(Fraction(SceneReport("nothing asked")), 1);
  EXPECT_EQ(Fraction(SceneReport("not gradable")), 0);
  EXPECT_EQ(Fraction(SceneReport("grader broke")), 0);
  v1::Verdict verdict = MakeVerdict(1, 1, v1::FEEDBACK_STEPS);
  verdict.set_points(7);
  EXPECT_EQ(Fraction(MakeReport({}, verdict)), 1);
  verdict.set_points(std::nan(""));
  EXPECT_EQ(Fraction(MakeReport({}, verdict)), 0);
}

TEST(ReportTest, TextsAreClean) {
  for (const char* scene : {"markup", "markup, not gradable", "grader broke"}) {
    const Report report = SceneReport(scene);
    for (const std::string& text :
         {report.title, report.id, report.failure, OverviewText(report)}) {
      EXPECT_THAT(text, Not(HasSubstr("\x1b")));
      EXPECT_THAT(text, Not(HasSubstr("\xff")));
    }
    EXPECT_LT(OverviewText(report).size(), 2000);
  }
}

TEST(ReportTest, TestsAreValuesUnlessThereAreTooMany) {
  const Report report = SceneReport("half right");
  EXPECT_EQ(TestsOf(report, 8).size(), 8);
  EXPECT_EQ(TestsOf(report, 7).size(), 2);
  EXPECT_EQ(TestsOf(SceneReport("hidden"), 8).size(), 2);
}

TEST(ReportTest, TheOverviewSaysWhatFitsAndHowToTell) {
  EXPECT_EQ(OverviewText(SceneReport("half right")),
            "1 of 2 points\n"
            "LSTM states: 0.5 of 1, wrong at steps 2, 3 (counted from 0)\n"
            "LSTM states 2: 0.5 of 1, wrong at steps 2, 3 (counted from 0)\n"
            "\n"
            "The answer is consistent with:\n"
            "- forget and input gate swapped (8 of 8 values fit). The two gates stand in each "
            "other's place.\n"
            "Give c of step 2 too.");
  EXPECT_EQ(OverviewText(SceneReport("grader broke")), kFailureText);
  EXPECT_EQ(ResultText(SceneReport("not gradable")), "not gradable");
}

TEST(ReportTest, LongPromptsAreShortenedAndManyQuestionsCounted) {
  const Report report = LongReport(103);
  EXPECT_LT(report.questions[0].name.size(), 1000);
  const std::string overview = OverviewText(report);
  EXPECT_LT(overview.size(), 150'000);
  EXPECT_THAT(overview,
              ::testing::EndsWith("\nand 3 further questions, which the points count, too"));
  EXPECT_THAT(OverviewText(LongReport(100)), ::testing::Not(::testing::HasSubstr("further")));
}

}  // namespace
}  // namespace cellar
