#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

TEST(CourseraTest, EverySceneGivesAFractionAndWords) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    const auto object = JsonObject(CourseraFile(scene.report));
    EXPECT_THAT(KeysOf(object), ::testing::ElementsAre("feedback", "fractionalScore"));
    EXPECT_EQ(Number(object, "fractionalScore"), Fraction(scene.report));
    EXPECT_NE(Text(object, "feedback"), "");
  }
}

}  // namespace
}  // namespace cellar
