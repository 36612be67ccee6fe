#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"
#include "tests/client/grading/xml_reader.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(EdxReplyTest, EverySceneGivesAllThreeFieldsAndOneElement) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    const auto reply = JsonObject(EdxReply(scene.report));
    EXPECT_THAT(KeysOf(reply), ElementsAre("correct", "msg", "score"));
    EXPECT_TRUE(reply.fields().at("correct").has_bool_value());
    EXPECT_GE(Number(reply, "score"), 0);
    const XmlElement message = ReadXml(Text(reply, "msg"));
    EXPECT_EQ(message.name, "div");
    for (const XmlElement& part : message.children) EXPECT_EQ(part.name, "p");
  }
}

TEST(EdxReplyTest, OnlyAllThePointsAreCorrect) {
  const auto correct = [](const char* scene) {
    return JsonObject(EdxReply(SceneReport(scene))).fields().at("correct").bool_value();
  };
  EXPECT_TRUE(correct("all right"));
  for (const char* scene : {"half right", "hidden", "NaN", "not gradable", "grader broke"}) {
    EXPECT_FALSE(correct(scene)) << scene;
  }
}

TEST(EdxReplyTest, StudentsTextIsNoMarkup) {
  const std::string message =
      Text(JsonObject(EdxReply(SceneReport("markup, not gradable"))), "msg");
  EXPECT_THAT(message, HasSubstr("R &lt;script&gt;"));
  EXPECT_THAT(message, ::testing::Not(HasSubstr("<script>")));
}

}  // namespace
}  // namespace cellar
