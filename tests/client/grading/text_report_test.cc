#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(TextReportTest, OneSubmissionIsToldValueByValue) {
  EXPECT_THAT(TextReport({SceneReport("all shown")}),
              HasSubstr("1.1  LSTM states: h of step 0    1      right\n"));
  EXPECT_THAT(TextReport({SceneReport("all shown")}), HasSubstr("-1     wrong, expected 1\n"));
  EXPECT_THAT(TextReport({SceneReport("half right")}), Not(HasSubstr("expected")));
}

TEST(TextReportTest, OfManyValuesTheWrongOnesAreShown) {
  const std::string text = TextReport({SceneReport("ten thousand steps")});
  EXPECT_THAT(text, HasSubstr("(40 of 10000 wrong values)\n"));
  EXPECT_LT(text.size(), 10'000);
}

TEST(TextReportTest, ManySubmissionsAreATable) {
  EXPECT_EQ(TextReport({SceneReport("half right"), SceneReport("not gradable")}),
            "SUBMISSION  POINTS  OF  GRADABLE  REMARK\n"
            "alice       1       2   yes       forget and input gate swapped\n"
            "alice       -       -   no        line 1: a bracket is missing\n");
}

TEST(TextReportTest, NoSceneMovesTheCursor) {
  for (const Scene& scene : Scenes()) {
    for (const char sign : TextReport({scene.report})) {
      EXPECT_TRUE(sign == '\n' || static_cast<unsigned char>(sign) >= 0x20);
    }
  }
}

TEST(TextReportTest, WhereAllWrongValuesAreShownTheyAreNotCounted) {
  const auto text = [](int count, int right) {
    return TextReport({MakeReport({}, MakeVerdict(count, right, v1::FEEDBACK_STEPS))});
  };
  EXPECT_EQ(text(50, 48).find("wrong values)"), std::string::npos);
  EXPECT_NE(text(50, 0).find("(40 of 100 wrong values)"), std::string::npos);
}

}  // namespace
}  // namespace cellar
