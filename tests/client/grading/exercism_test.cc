#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::IsSubsetOf;

TEST(ExercismTest, EverySceneGivesAFileAsDocumented) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    const auto file = JsonObject(ExercismFile(scene.report));
    EXPECT_THAT(KeysOf(file), IsSubsetOf({"version", "status", "message", "tests"}));
    EXPECT_EQ(Number(file, "version"), 2);
    const bool right = Fraction(scene.report) >= 1;
    EXPECT_EQ(Text(file, "status"), right ? "pass" : scene.report.graded() ? "fail" : "error");
    EXPECT_EQ(file.fields().contains("message"), !right);
    for (const auto& test : Objects(file, "tests")) {
      EXPECT_THAT(KeysOf(test), IsSubsetOf({"name", "status", "message"}));
      EXPECT_THAT(Text(test, "status"), ::testing::AnyOf("pass", "fail"));
      EXPECT_EQ(test.fields().contains("message"), Text(test, "status") == "fail");
    }
  }
}

}  // namespace
}  // namespace cellar
