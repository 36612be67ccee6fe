#include "client/grading/summary.h"

#include <gtest/gtest.h>

#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

TEST(SummaryTest, CountsPointsAndMistakes) {
  EXPECT_EQ(SummaryText({SceneReport("all right"), SceneReport("half right"),
                         SceneReport("half right"), SceneReport("not gradable")}),
            "4 submissions: 3 graded, 1 not gradable\n"
            "points: 1.333 of 2 on average; 1 have all of them, 0 none\n"
            "\n"
            "LIKELIEST MISTAKE              SUBMISSIONS\n"
            "forget and input gate swapped  2\n");
}

TEST(SummaryTest, TheMistakeThatCameMostOftenIsFirst) {
  v1::Verdict other = MakeVerdict(4, 2, v1::FEEDBACK_DIAGNOSIS);
  other.mutable_diagnoses(0)->set_title("another");
  const Report often = MakeReport({}, other);
  const std::string text = SummaryText({SceneReport("half right"), often, often});
  EXPECT_LT(text.find("another                        2\n"),
            text.find("forget and input gate swapped  1\n"));
}

TEST(SummaryTest, NothingGradedHasNoAverage) {
  EXPECT_EQ(SummaryText({SceneReport("not gradable"), SceneReport("grader broke")}),
            "2 submissions: 0 graded, 2 not gradable\n");
}

}  // namespace
}  // namespace cellar
