#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/long_report.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSubsetOf;
using ::testing::Not;

const std::set<std::string> kVisibilities = {"hidden", "after_due_date", "after_published",
                                             "visible"};
const std::set<std::string> kFormats = {"text", "simple_format", "html", "md", "ansi"};

// What Gradescope documents of results.json; a total or a score for every test.
void ValidateFile(const google::protobuf::Struct& file) {
  EXPECT_THAT(KeysOf(file),
              IsSubsetOf({"score", "tests", "execution_time", "output", "output_format",
                          "test_output_format", "test_name_format", "visibility",
                          "stdout_visibility", "extra_data", "leaderboard"}));
  EXPECT_GE(Number(file, "score"), 0) << "a number";
  EXPECT_GE(Number(file, "execution_time"), 0);
  EXPECT_TRUE(kVisibilities.contains(Text(file, "visibility")));
  EXPECT_TRUE(kVisibilities.contains(Text(file, "stdout_visibility")));
  for (const char* key : {"output_format", "test_output_format", "test_name_format"}) {
    EXPECT_TRUE(kFormats.contains(Text(file, key)));
  }
  for (const auto& test : Objects(file, "tests")) {
    EXPECT_THAT(KeysOf(test),
                IsSubsetOf({"score", "max_score", "status", "name", "name_format", "number",
                            "output", "output_format", "tags", "visibility", "extra_data"}));
    EXPECT_THAT(Text(test, "status"), ::testing::AnyOf("passed", "failed"));
    EXPECT_NE(Text(test, "name"), "");
    EXPECT_TRUE(kVisibilities.contains(Text(test, "visibility")));
    if (test.fields().contains("score")) {
      EXPECT_GE(Number(test, "score"), 0);
    }
    if (test.fields().contains("number")) {
      EXPECT_THAT(Text(test, "number"), Not(""));
    }
  }
  EXPECT_TRUE(file.fields().at("extra_data").has_struct_value());
}

TEST(GradescopeTest, EverySceneGivesAFileAsDocumented) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    ValidateFile(JsonObject(GradescopeFile(scene.report)));
  }
}

TEST(GradescopeTest, OneTestAValueAndOneForTheReading) {
  const auto file = JsonObject(GradescopeFile(SceneReport("half right")));
  EXPECT_EQ(Number(file, "score"), 1);
  const auto tests = Objects(file, "tests");
  ASSERT_EQ(tests.size(), 9);
  EXPECT_EQ(Text(tests[0], "name"), "Answer could be read");
  EXPECT_EQ(Text(tests[0], "status"), "passed");
  EXPECT_EQ(Text(tests[3], "number"), "1.3");
  EXPECT_EQ(Number(tests[3], "score"), 0);
  EXPECT_EQ(Number(tests[3], "max_score"), 0.25);
  EXPECT_EQ(Text(tests[3], "output"), "given -1, which is wrong");
  EXPECT_THAT(Text(file, "output"), HasSubstr("forget and input gate swapped"));
}

TEST(GradescopeTest, WhatCannotBeReadIsAFailedTestWithTheReason) {
  const auto file = JsonObject(GradescopeFile(SceneReport("not gradable")));
  EXPECT_EQ(Number(file, "score"), 0);
  const auto tests = Objects(file, "tests");
  ASSERT_EQ(tests.size(), 1);
  EXPECT_EQ(Text(tests[0], "status"), "failed");
  EXPECT_THAT(Text(tests[0], "output"), HasSubstr("a bracket is missing"));
}

TEST(GradescopeTest, WhatIsNotGradedHasNoPointsWhoeverGivesSome) {
  v1::Verdict verdict = UngradableVerdict("alice", "a bracket is missing");
  verdict.set_points(1);
  EXPECT_EQ(Number(JsonObject(GradescopeFile(MakeReport({}, verdict))), "score"), 0);
}

TEST(GradescopeTest, ABrokenGraderTellsOnlyStaffWhy) {
  const auto file = JsonObject(GradescopeFile(SceneReport("grader broke")));
  const auto tests = Objects(file, "tests");
  ASSERT_EQ(tests.size(), 2);
  EXPECT_EQ(Text(tests[0], "output"), kFailureText);
  EXPECT_EQ(Text(tests[0], "visibility"), "visible");
  EXPECT_EQ(Text(tests[1], "visibility"), "hidden");
  EXPECT_THAT(Text(tests[1], "output"), HasSubstr("no server answers"));
  EXPECT_THAT(Text(file, "output"), Not(HasSubstr("no server answers")));
}

TEST(GradescopeTest, ManyValuesAreReportedByQuestion) {
  EXPECT_EQ(Objects(JsonObject(GradescopeFile(SceneReport("ten thousand steps"))), "tests").size(),
            3);
}

TEST(GradescopeTest, ManyQuestionsWithLongNamesAndWordsStayWithinTheLimits) {
  for (const int question_count : {3, 700, 20'000}) {
    const Report report = LongReport(question_count);
    const std::string text = GradescopeFile(report);
    EXPECT_LT(text.size(), 1'000'000) << question_count;
    const auto file = JsonObject(text);
    ValidateFile(file);
    const auto tests = Objects(file, "tests");
    EXPECT_LE(tests.size(), 501);
    EXPECT_GE(tests.size(), 3);
    EXPECT_EQ(Text(file, "output").find("Left out here") != std::string::npos, question_count > 3);
  }
}

}  // namespace
}  // namespace cellar
