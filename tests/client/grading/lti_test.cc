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

TEST(LtiTest, WithoutPointsThereIsOneForAllThatIsRight) {
  for (const int right : {2, 1}) {
    v1::Verdict verdict = MakeVerdict(2, right, v1::FEEDBACK_STEPS);
    for (v1::QuestionVerdict& question : *verdict.mutable_questions()) {
      question.set_points(0);
      question.set_max_points(0);
    }
    verdict.set_points(0);
    verdict.set_max_points(0);
    const auto body = JsonObject(LtiScore(MakeReport({}, verdict), absl::UnixEpoch()));
    EXPECT_EQ(Number(body, "scoreGiven"), right == 2 ? 1 : 0);
    EXPECT_EQ(Number(body, "scoreMaximum"), 1);
  }
}

}  // namespace
}  // namespace cellar
