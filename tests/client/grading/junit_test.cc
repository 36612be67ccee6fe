#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"
#include "tests/client/grading/xml_reader.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::UnixEpoch() + absl::Seconds(1'700'000'000);

int Count(const XmlElement& element, const std::string& key) {
  int count = -1;
  EXPECT_TRUE(absl::SimpleAtoi(element.attributes.at(key), &count)) << key;
  return count;
}

void ValidateCase(const XmlElement& test, std::map<std::string, int>& found) {
  EXPECT_EQ(test.name, "testcase");
  for (const char* key : {"name", "classname"}) EXPECT_NE(test.attributes.at(key), "");
  double seconds = -1;
  EXPECT_TRUE(absl::SimpleAtod(test.attributes.at("time"), &seconds)) << "CodeGrade parses it";
  if (test.attributes.contains("weight")) {
    EXPECT_TRUE(absl::SimpleAtod(test.attributes.at("weight"), &seconds));
  }
  ASSERT_LE(test.children.size(), 1);
  for (const XmlElement& problem : test.children) {
    ASSERT_TRUE(problem.name == "failure" || problem.name == "error") << problem.name;
    EXPECT_NE(problem.attributes.at("message"), "");
    EXPECT_NE(problem.attributes.at("type"), "");
    EXPECT_NE(problem.text, "");
    ++found[problem.name];
  }
}

// The profile of CodeGrade's reader: counts equal the elements, suites hold test cases only.
void ValidateRoot(const XmlElement& root) {
  ASSERT_EQ(root.name, "testsuites");
  std::map<std::string, int> all;
  int tests = 0;
  for (const XmlElement& suite : root.children) {
    ASSERT_EQ(suite.name, "testsuite");
    for (const char* key : {"name", "timestamp", "time"}) EXPECT_NE(suite.attributes.at(key), "");
    std::map<std::string, int> found;
    for (const XmlElement& test : suite.children) ValidateCase(test, found);
    EXPECT_EQ(Count(suite, "tests"), static_cast<int>(suite.children.size()));
    EXPECT_EQ(Count(suite, "failures"), found["failure"]);
    EXPECT_EQ(Count(suite, "errors"), found["error"]);
    EXPECT_EQ(Count(suite, "skipped"), 0);
    tests += Count(suite, "tests");
    for (const char* kind : {"failure", "error"}) all[kind] += found[kind];
  }
  EXPECT_EQ(Count(root, "tests"), tests);
  EXPECT_EQ(Count(root, "failures"), all["failure"]);
  EXPECT_EQ(Count(root, "errors"), all["error"]);
}

TEST(JunitTest, EverySceneGivesAFileThatTheStrictReaderTakes) {
  std::vector<Report> all;
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    ValidateRoot(ReadXml(JunitFile({scene.report}, kNow)));
    all.push_back(scene.report);
  }
  const XmlElement root = ReadXml(JunitFile(all, kNow));
  ValidateRoot(root);
  EXPECT_EQ(root.children.size(), all.size());
}

TEST(JunitTest, AWrongValueIsAFailureAndAnUnreadableAnswerAnError) {
  const XmlElement half = ReadXml(JunitFile({SceneReport("half right")}, kNow)).children[0];
  EXPECT_EQ(half.attributes.at("timestamp"), "2023-11-14T22:13:20");
  ASSERT_EQ(half.children.size(), 8);
  EXPECT_TRUE(half.children[1].children.empty());
  EXPECT_EQ(half.children[2].children.at(0).attributes.at("message"), "given -1, which is wrong");
  EXPECT_THAT(half.children[2].children.at(0).text, HasSubstr("gate swapped"));
  EXPECT_EQ(half.children[2].attributes.at("weight"), "0.25");
  const XmlElement unread = ReadXml(JunitFile({SceneReport("not gradable")}, kNow)).children[0];
  EXPECT_EQ(unread.children.at(0).children.at(0).name, "error");
  EXPECT_THAT(unread.children[0].children[0].text, HasSubstr("a bracket is missing"));
}

TEST(JunitTest, TheDiagnosisIsSaidOnce) {
  const std::string file = JunitFile({SceneReport("half right")}, kNow);
  const size_t first = file.find("gate swapped");
  ASSERT_NE(first, std::string::npos);
  EXPECT_EQ(file.find("gate swapped", first + 1), std::string::npos);
}

TEST(JunitTest, SharesOfWhatPassedAddUpToThePoints) {
  v1::Verdict verdict = MakeVerdict(4, 3, v1::FEEDBACK_STEPS);
  for (v1::QuestionVerdict& question : *verdict.mutable_questions()) question.set_points(0);
  verdict.set_points(0);  // all or nothing
  const XmlElement suite =
      ReadXml(JunitFile({MakeReport(HomeworkExercise(), verdict)}, kNow)).children[0];
  ASSERT_EQ(suite.children.size(), 2) << "one a question";
  for (const XmlElement& test : suite.children) EXPECT_EQ(test.children.at(0).name, "failure");
}

TEST(JunitTest, StudentsTextComesBackAsTyped) {
  const XmlElement root = ReadXml(JunitFile({SceneReport("markup")}, kNow));
  EXPECT_THAT(root.children[0].attributes.at("name"),
              HasSubstr("I <script>alert(\"1\")</script> &"));
}

}  // namespace
}  // namespace cellar
