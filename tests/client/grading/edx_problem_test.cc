#include "client/grading/edx_problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/grading/scenes.h"
#include "tests/client/grading/xml_reader.h"

namespace cellar {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TEST(EdxProblemTest, HasAResponseForEachQuestion) {
  const v1::Verdict key = MakeVerdict(3, 3, v1::FEEDBACK_EXPECTED);
  const auto problem = EdxProblem(HomeworkExercise(), key, {});
  ASSERT_TRUE(problem.ok()) << problem.status();
  const XmlElement root = ReadXml(*problem);
  EXPECT_EQ(root.name, "problem");
  EXPECT_EQ(root.attributes.at("display_name"), "Homework");
  ASSERT_EQ(root.children.size(), 4);
  EXPECT_EQ(root.children[0].attributes.at("type"), "loncapa/python");
  EXPECT_THAT(root.children[0].text, HasSubstr("def grade(question, answer):"));
  EXPECT_EQ(root.children[3].children.at(0).text, "LSTM states 2");
  EXPECT_EQ(root.children[3].children.at(2).name, "answer");
  EXPECT_THAT(root.children[3].children.at(2).text, HasSubstr("grade(question(), submission[0])"));
}

// The homework's key: every value is 1.
v1::Verdict Key() { return MakeVerdict(3, 3, v1::FEEDBACK_EXPECTED); }

v1::Exercise Telling() {
  v1::Exercise exercise = HomeworkExercise();
  exercise.set_feedback(v1::FEEDBACK_DIAGNOSIS);
  exercise.mutable_comparison()->set_absolute(0.25);
  return exercise;
}

// The code of a box.
std::string CodeOf(const XmlElement& problem, size_t box) {
  return problem.children.at(2 + box).children.at(2).text;
}

// An answer to the first question alone, of which the last two of three values are wrong.
ForeseenAnswer Alone(bool is_outcome) {
  ForeseenAnswer answer;
  answer.is_outcome = is_outcome;
  answer.verdict = MakeVerdict(3, 1, v1::FEEDBACK_DIAGNOSIS);
  answer.verdict.mutable_diagnoses(0)->set_matching_count(3);
  answer.verdict.mutable_diagnoses(0)->set_value_count(3);
  for (v1::ValueVerdict& value : *answer.verdict.mutable_questions(1)->mutable_values()) {
    value.clear_given();
  }
  return answer;
}

// What stands behind "foreseen" of the first question, and of the second.
std::vector<std::string> ForeseenIn(const v1::Exercise& exercise,
                                    const std::vector<ForeseenAnswer>& foreseen) {
  const auto problem = EdxProblem(exercise, Key(), foreseen);
  EXPECT_TRUE(problem.ok()) << problem.status();
  const XmlElement root = ReadXml(*problem);
  std::vector<std::string> lines;
  const std::string mark = "\"foreseen\": ";
  for (const size_t box : {0, 1}) {
    const std::string code = CodeOf(root, box);
    const size_t at = code.find(mark) + mark.size();
    lines.push_back(code.substr(at, code.find('\n', at) - at));
  }
  return lines;
}

TEST(EdxProblemTest, WhatStudentsCanReadIsTheSameForEveryExercise) {
  const auto telling = EdxProblem(Telling(), Key(), {Alone(true)});
  const auto other = EdxProblem(HomeworkExercise(), Key(), {});
  ASSERT_TRUE(telling.ok() && other.ok());
  EXPECT_EQ(ReadXml(*telling).children[0].text, ReadXml(*other).children[0].text);
  // Attributes of a response are in the context that students can read, too.
  EXPECT_TRUE(ReadXml(*telling).children[2].attributes.empty());
}

TEST(EdxProblemTest, WhatAMistakeLeadsToIsForeseenAsFarAsTheComparisonGoes) {
  v1::Exercise exercise = Telling();
  exercise.mutable_numerics()->set_precision(v1::PRECISION_FLOAT64);
  const auto foreseen = ForeseenIn(exercise, {Alone(true)});
  ASSERT_EQ(foreseen.size(), 2);
  // 0.25 to both sides, and the slack for decimal numbers.
  EXPECT_THAT(foreseen[0], StartsWith("[([(0.7499999999999991, 1.2500000000000009, 1), "
                                      "(-1.2500000000000009, -0.7499999999999991, -1), "
                                      "(-1.2500000000000009, -0.7499999999999991, -1)], "
                                      "u\"The answer is consistent with:"));
  EXPECT_THAT(foreseen[0], HasSubstr("(3 of 3 values fit)"));
  EXPECT_EQ(foreseen[1], "[]");
}

TEST(EdxProblemTest, WhatWasHandedInIsForeseenToTheNumber) {
  const char* const exact = "[([(1, 1, None), (-1, -1, None), (-1, -1, None)], u\"The answer";
  EXPECT_THAT(ForeseenIn(Telling(), {Alone(false)})[0], StartsWith(exact));
  ForeseenAnswer in_part = Alone(true);
  in_part.verdict.mutable_diagnoses(0)->set_matching_count(2);
  EXPECT_THAT(ForeseenIn(Telling(), {in_part})[0], StartsWith(exact));
}

TEST(EdxProblemTest, NearAMistakesAnswerOnlyWhatGivesTheVerySameIsNamed) {
  ForeseenAnswer answer = Alone(true);
  v1::Diagnosis& first = *answer.verdict.mutable_diagnoses(0);
  v1::Diagnosis& tied = *answer.verdict.add_diagnoses();
  tied.set_mistake("tied");
  tied.set_title("the tied one");
  v1::Diagnosis& near = *answer.verdict.add_diagnoses();
  near.set_mistake("near");
  near.set_title("the near one");
  first.add_same_as("tied");
  const std::string told = ForeseenIn(Telling(), {answer})[0];
  EXPECT_THAT(told, AllOf(HasSubstr("the tied one"), Not(HasSubstr("the near one"))));
  EXPECT_THAT(told, HasSubstr("Give c of step 2 too."));
  first.clear_same_as();
  EXPECT_THAT(ForeseenIn(Telling(), {answer})[0], Not(HasSubstr("Give c of step 2 too.")));
  answer.is_outcome = false;
  EXPECT_THAT(ForeseenIn(Telling(), {answer})[0], HasSubstr("the near one"));
}

TEST(EdxProblemTest, ABoxIsToldNothingOfAnAnswerToSeveralQuestions) {
  ForeseenAnswer both = Alone(true);
  both.verdict.mutable_questions(1)->mutable_values(0)->set_given(7);
  ForeseenAnswer unread = Alone(true);
  unread.verdict = UngradableVerdict("a", "b");
  ForeseenAnswer unexplained = Alone(true);
  unexplained.verdict.clear_diagnoses();
  EXPECT_THAT(ForeseenIn(Telling(), {both, unread, unexplained}), ElementsAre("[]", "[]"));
}

TEST(EdxProblemTest, BelowTheLevelOfDiagnosisNothingIsForeseen) {
  for (const v1::Feedback level : {v1::FEEDBACK_NONE, v1::FEEDBACK_STEPS}) {
    v1::Exercise exercise = Telling();
    exercise.set_feedback(level);
    EXPECT_THAT(ForeseenIn(exercise, {Alone(true)}), ElementsAre("[]", "[]"));
  }
}

// The boxes' points and the problem's weight, if the two questions have these.
std::vector<std::string> PointsOf(double first, double second) {
  v1::Exercise exercise = HomeworkExercise();
  exercise.add_questions()->set_points(first);
  exercise.add_questions()->set_points(second);
  const auto problem = EdxProblem(exercise, Key(), {});
  EXPECT_TRUE(problem.ok()) << problem.status();
  const XmlElement root = ReadXml(*problem);
  return {root.children[2].children.at(1).attributes.at("points"),
          root.children[3].children.at(1).attributes.at("points"), root.attributes.at("weight")};
}

TEST(EdxProblemTest, PointsAreWholeInTheProportionOfTheQuestions) {
  EXPECT_THAT(PointsOf(1, 1), ElementsAre("1", "1", "2"));
  EXPECT_THAT(PointsOf(20, 30), ElementsAre("2", "3", "50"));
  EXPECT_THAT(PointsOf(0.1, 0.25), ElementsAre("2", "5", "0.35"));
  EXPECT_THAT(PointsOf(0.0001, 1e6), ElementsAre("1", "10000000000", "1000000.0001"));
  EXPECT_THAT(PointsOf(0, 3), ElementsAre("0", "1", "3"));
  EXPECT_THAT(PointsOf(0, 0), ElementsAre("0", "0", "0"));
  EXPECT_THAT(PointsOf(1.0 / 3, 1), ElementsAre("1", "3", "1.3333333333333333"));
}

TEST(EdxProblemTest, PointsWithoutACommonMeasureAreRefused) {
  v1::Exercise exercise = HomeworkExercise();
  exercise.add_questions()->set_points(1.41421356237);
  exercise.add_questions();
  const auto problem = EdxProblem(exercise, Key(), {});
  EXPECT_TRUE(absl::IsInvalidArgument(problem.status()));
  EXPECT_THAT(std::string(problem.status().message()), HasSubstr("no common measure"));
}

TEST(EdxProblemTest, CreditForErrorsCarriedForwardIsRefused) {
  v1::Exercise exercise = HomeworkExercise();
  exercise.set_credit(v1::CREDIT_CARRIED);
  const auto problem = EdxProblem(exercise, Key(), {});
  EXPECT_TRUE(absl::IsInvalidArgument(problem.status()));
  EXPECT_THAT(std::string(problem.status().message()),
              AllOf(HasSubstr("question 1 gives credit for errors carried forward"),
                    HasSubstr("CREDIT_PER_VALUE")));
  for (int k = 0; k < 2; ++k) exercise.add_questions()->set_credit(v1::CREDIT_ALL_OR_NOTHING);
  EXPECT_TRUE(EdxProblem(exercise, Key(), {}).ok());
  exercise.mutable_questions(1)->set_credit(v1::CREDIT_CARRIED);
  EXPECT_FALSE(EdxProblem(exercise, Key(), {}).ok());
}

TEST(EdxProblemTest, TextsAreNeitherMarkupNorPython) {
  v1::Exercise exercise = Telling();
  exercise.set_title(kNasty);
  exercise.set_description(kNasty);
  ForeseenAnswer wrong = Alone(true);
  wrong.verdict.mutable_diagnoses(0)->set_explanation(kNasty + "\"\"\"\n");
  const auto problem = EdxProblem(exercise, Key(), {wrong});
  ASSERT_TRUE(problem.ok());
  EXPECT_EQ(ReadXml(*problem).children.size(), 4);
  EXPECT_THAT(*problem, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(*problem, Not(HasSubstr("\"\"\"")));
}

TEST(EdxProblemTest, AKeyWithoutExpectedValuesIsRefused) {
  v1::Verdict key = MakeVerdict(3, 3, v1::FEEDBACK_STEPS);
  key.mutable_questions(0)->mutable_values(0)->clear_expected();
  EXPECT_FALSE(EdxProblem(HomeworkExercise(), key, {}).ok());
  EXPECT_FALSE(EdxProblem(HomeworkExercise(), ZeroVerdict(), {}).ok());
}

}  // namespace
}  // namespace cellar
