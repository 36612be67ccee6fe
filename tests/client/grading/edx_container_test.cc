#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void ValidateReply(const google::protobuf::Struct& reply) {
  EXPECT_THAT(KeysOf(reply), ElementsAre("correct", "errors", "score", "tests"));
  EXPECT_TRUE(reply.fields().at("correct").has_bool_value());
  EXPECT_GE(Number(reply, "score"), 0);
  EXPECT_LE(Number(reply, "score"), 1);
  for (const auto& error : reply.fields().at("errors").list_value().values()) {
    EXPECT_TRUE(error.has_string_value());
  }
  for (const auto& test : reply.fields().at("tests").list_value().values()) {
    ASSERT_EQ(test.list_value().values_size(), 5) << "[short, long, correct, expected, actual]";
    for (const int text : {0, 1, 3, 4})
      EXPECT_TRUE(test.list_value().values(text).has_string_value());
    EXPECT_TRUE(test.list_value().values(2).has_bool_value());
  }
}

TEST(EdxContainerTest, EverySceneGivesOneLineAsDocumented) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    const std::string line = EdxContainerLine(scene.report);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << "the last line is what is parsed";
    ValidateReply(JsonObject(line));
  }
}

TEST(EdxContainerTest, TheDiagnosisStandsWithTheFirstWrongValueOnly) {
  const auto reply = JsonObject(EdxContainerLine(SceneReport("all shown")));
  const auto& tests = reply.fields().at("tests").list_value();
  ASSERT_EQ(tests.values_size(), 8);
  EXPECT_EQ(tests.values(0).list_value().values(1).string_value(), "LSTM states: h of step 0");
  EXPECT_THAT(tests.values(2).list_value().values(1).string_value(), HasSubstr("gate swapped"));
  EXPECT_THAT(tests.values(3).list_value().values(1).string_value(),
              ::testing::Not(HasSubstr("gate swapped")));
  EXPECT_EQ(tests.values(3).list_value().values(3).string_value(), "1");
  EXPECT_EQ(tests.values(3).list_value().values(4).string_value(), "-1");
}

TEST(EdxContainerTest, OnlyAllThePointsAreCorrect) {
  const auto correct = [](const char* scene) {
    return JsonObject(EdxContainerLine(SceneReport(scene))).fields().at("correct").bool_value();
  };
  EXPECT_TRUE(correct("all right"));
  for (const char* scene : {"half right", "hidden", "NaN", "not gradable", "grader broke"}) {
    EXPECT_FALSE(correct(scene)) << scene;
  }
}

TEST(EdxContainerTest, WhatCannotBeReadIsAnError) {
  const auto reply = JsonObject(EdxContainerLine(SceneReport("not gradable")));
  ASSERT_EQ(reply.fields().at("errors").list_value().values_size(), 1);
  EXPECT_FALSE(reply.fields().at("correct").bool_value());
  EXPECT_EQ(reply.fields().at("tests").list_value().values_size(), 0);
}

}  // namespace
}  // namespace cellar
