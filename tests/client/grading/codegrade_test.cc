#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

TEST(CodegradeTest, EverySceneGivesOneLineOfPoints) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    const std::string line = CodegradeLines(scene.report);
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    const auto object = JsonObject(line);
    EXPECT_THAT(KeysOf(object), ::testing::ElementsAre("points", "tag"));
    EXPECT_EQ(Text(object, "tag"), "points");
    EXPECT_EQ(Number(object, "points"), Fraction(scene.report));
  }
}

}  // namespace
}  // namespace cellar
