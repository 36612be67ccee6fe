#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

TEST(JsonReportTest, TheVerdictsComeBackFromIt) {
  std::vector<Report> reports;
  for (const Scene& scene : Scenes()) {
    if (scene.report.failure.empty()) reports.push_back(scene.report);
  }
  const auto file = JsonObject(JsonReport(reports));
  EXPECT_THAT(KeysOf(file), ::testing::ElementsAre("exercise", "verdicts"));
  const auto verdicts = Objects(file, "verdicts");
  ASSERT_EQ(verdicts.size(), reports.size());
  for (size_t i = 0; i < reports.size(); ++i) {
    std::string json;
    v1::Verdict verdict;
    ASSERT_TRUE(google::protobuf::util::MessageToJsonString(verdicts[i], &json).ok());
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(json, &verdict).ok()) << json;
    EXPECT_EQ(verdict.DebugString(), reports[i].verdict.DebugString());
  }
}

TEST(JsonReportTest, ABrokenGraderSaysSo) {
  const auto file = JsonObject(JsonReport({SceneReport("grader broke")}));
  EXPECT_THAT(Text(file, "failure"), ::testing::StartsWith("no server answers"));
  EXPECT_TRUE(Objects(file, "verdicts").empty());
}

}  // namespace
}  // namespace cellar
