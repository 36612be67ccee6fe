#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::IsSubsetOf;
using ::testing::IsSupersetOf;

TEST(LtiTest, EverySceneGivesABodyAsDocumented) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    const auto body = JsonObject(LtiScore(scene.report, absl::UnixEpoch()));
    EXPECT_THAT(KeysOf(body),
                IsSupersetOf({"userId", "activityProgress", "gradingProgress", "timestamp"}));
    EXPECT_THAT(KeysOf(body), IsSubsetOf({"userId", "activityProgress", "gradingProgress",
                                          "timestamp", "scoreGiven", "scoreMaximum", "comment"}));
    EXPECT_EQ(Text(body, "timestamp"), "1970-01-01T00:00:00.000Z");
    const bool graded = scene.report.graded();
    EXPECT_EQ(Text(body, "gradingProgress"), graded ? "FullyGraded" : "Failed");
    EXPECT_EQ(body.fields().contains("scoreGiven"), graded) << "no score: nothing is lost";
    EXPECT_EQ(body.fields().contains("scoreMaximum"), graded);
  }
}

}  // namespace
}  // namespace cellar
