#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/strip.h"
#include "client/grading/formats.h"
#include "tests/client/grading/long_report.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The JSON in a step output.
google::protobuf::Struct Decoded(const std::string& output) {
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1) << "one line: GITHUB_OUTPUT";
  absl::string_view line = absl::StripSuffix(output, "\n");
  EXPECT_TRUE(absl::ConsumePrefix(&line, "result="));
  std::string json;
  EXPECT_TRUE(absl::Base64Unescape(line, &json));
  return JsonObject(json);
}

void ValidateResult(const google::protobuf::Struct& result) {
  const std::set<std::string> statuses = {"pass", "fail", "error"};
  EXPECT_THAT(KeysOf(result), ElementsAre("max_score", "status", "tests", "version"));
  EXPECT_EQ(Number(result, "version"), 1);
  EXPECT_TRUE(statuses.contains(Text(result, "status")));
  EXPECT_GE(Number(result, "max_score"), 0);
  double sum = 0;
  for (const auto& test : Objects(result, "tests")) {
    EXPECT_THAT(KeysOf(test), ElementsAre("duration", "filename", "line_no", "message", "name",
                                          "score", "status", "test_code"));
    EXPECT_TRUE(statuses.contains(Text(test, "status")));
    EXPECT_NE(Text(test, "name"), "");
    sum += Number(test, "score");
  }
  EXPECT_LE(sum, Number(result, "max_score")) << "the reporter adds them up";
}

TEST(GithubTest, EverySceneGivesAResultThatTheReporterReads) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    ValidateResult(Decoded(GithubOutput(scene.report)));
  }
}

TEST(GithubTest, EveryTestHasAScoreAndTheSumIsThePoints) {
  const auto half = Decoded(GithubOutput(SceneReport("half right")));
  EXPECT_EQ(Text(half, "status"), "fail");
  EXPECT_EQ(Number(half, "max_score"), 2);
  const auto tests = Objects(half, "tests");
  ASSERT_EQ(tests.size(), 2);
  EXPECT_EQ(Number(tests[0], "score"), 0.5);
  EXPECT_THAT(Text(tests[0], "message"), HasSubstr("gate swapped"));
  EXPECT_EQ(Text(tests[1], "message"), "wrong at steps 2, 3 (counted from 0)");
  EXPECT_EQ(Text(Decoded(GithubOutput(SceneReport("all right"))), "status"), "pass");
}

TEST(GithubTest, WhatIsNotGradedIsAnErrorWithScoreZero) {
  for (const char* scene : {"not gradable", "grader broke"}) {
    const auto result = Decoded(GithubOutput(SceneReport(scene)));
    EXPECT_EQ(Text(result, "status"), "error");
    ASSERT_EQ(Objects(result, "tests").size(), 1);
    EXPECT_EQ(Number(Objects(result, "tests")[0], "score"), 0);
  }
}

// What a program can be started with in one variable, with some room for its name.
constexpr size_t kMostBytes = 130'000;

TEST(GithubTest, TheResultFitsIntoAVariableAndKeepsTheSum) {
  for (const int question_count : {1, 20, 200, 10'000}) {
    SCOPED_TRACE(question_count);
    const Report report = LongReport(question_count);
    const std::string output = GithubOutput(report);
    EXPECT_LT(output.size(), kMostBytes);
    const auto result = Decoded(output);
    ValidateResult(result);
    EXPECT_EQ(Number(result, "max_score"), question_count);
    if (question_count < 200) {
      EXPECT_EQ(Objects(result, "tests").size(), question_count);
    }
  }
}

TEST(GithubTest, QuestionsThatAreTooManyAreOneTest) {
  v1::Verdict verdict;
  verdict.set_gradable(true);
  verdict.set_feedback(v1::FEEDBACK_STEPS);
  constexpr int kCount = 3000;
  for (int k = 0; k < kCount; ++k) AddValues(verdict, std::to_string(k), 2, k % 3);
  const std::string output = GithubOutput(MakeReport({}, verdict));
  EXPECT_LT(output.size(), kMostBytes);
  const auto tests = Objects(Decoded(output), "tests");
  ASSERT_EQ(tests.size(), 501u);
  EXPECT_EQ(Text(tests[500], "name"), "the other 2500 questions");
  EXPECT_EQ(Text(tests[500], "status"), "fail");
  EXPECT_THAT(Text(tests[500], "message"), HasSubstr("1666 of them are wrong"));
  double sum = 0;
  for (const auto& test : tests) sum += Number(test, "score");
  EXPECT_DOUBLE_EQ(sum, verdict.points());
}

TEST(GithubTest, AReasonThatIsABookIsCut) {
  v1::Verdict verdict = UngradableVerdict("alice", "");
  for (int k = 0; k < 1000; ++k) {
    verdict.add_problems()->set_reason(std::string(900, '"') + "\xf0\x9f\x99\x82");
  }
  const std::string output = GithubOutput(MakeReport({}, verdict));
  EXPECT_LT(output.size(), kMostBytes);
  ValidateResult(Decoded(output));
}

}  // namespace
}  // namespace cellar
