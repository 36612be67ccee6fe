#include "client/grading/edx_problem.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/grading/scenes.h"
#include "tests/client/grading/xml_reader.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EdxProblemTest, HasAResponseForEachQuestion) {
  const v1::Verdict key = MakeVerdict(3, 3, v1::FEEDBACK_EXPECTED);
  const auto problem = EdxProblem(HomeworkExercise(), key, {});
  ASSERT_TRUE(problem.ok()) << problem.status();
  const XmlElement root = ReadXml(*problem);
  EXPECT_EQ(root.name, "problem");
  EXPECT_EQ(root.attributes.at("display_name"), "Homework");
  ASSERT_EQ(root.children.size(), 4);
  EXPECT_EQ(root.children[0].attributes.at("type"), "loncapa/python");
  EXPECT_THAT(root.children[0].text, HasSubstr("def check_q2(expect, answer):"));
  EXPECT_EQ(root.children[3].attributes.at("cfn"), "check_q2");
  EXPECT_EQ(root.children[3].children.at(0).text, "LSTM states 2");
}

TEST(EdxProblemTest, ForeseenAnswersBringTheirWordsOnce) {
  const v1::Verdict key = MakeVerdict(3, 3, v1::FEEDBACK_EXPECTED);
  const std::vector<v1::Verdict> foreseen = {MakeVerdict(3, 1, v1::FEEDBACK_EXPECTED),
                                             MakeVerdict(3, 1, v1::FEEDBACK_EXPECTED),
                                             UngradableVerdict("a", "b"), key};
  const auto problem = EdxProblem(HomeworkExercise(), key, foreseen);
  ASSERT_TRUE(problem.ok());
  const std::string script = ReadXml(*problem).children[0].text;
  const size_t first =
      script.find("\"foreseen\": [([1, -1, -1], u\"The answer is consistent with:");
  ASSERT_NE(first, std::string::npos) << script;
  EXPECT_EQ(script.substr(first, script.find('\n', first) - first).find("([", 20),
            std::string::npos)
      << "once";
}

TEST(EdxProblemTest, TextsAreNeitherMarkupNorPython) {
  v1::Exercise exercise = HomeworkExercise();
  exercise.set_title(kNasty);
  exercise.set_description(kNasty);
  v1::Verdict wrong = MakeVerdict(3, 1, v1::FEEDBACK_EXPECTED);
  wrong.mutable_diagnoses(0)->set_explanation(kNasty + "\"\"\"\n");
  const auto problem = EdxProblem(exercise, MakeVerdict(3, 3, v1::FEEDBACK_EXPECTED), {wrong});
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
