#include "client/grading/shown_tests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Questions with so many values each.
Report ReportOf(size_t question_count, size_t values_each) {
  Report report;
  report.questions.resize(question_count);
  report.values.resize(question_count * values_each);
  return report;
}

TEST(ShownTestsTest, ValuesAreShownIfTheyAreFewEnough) {
  const Report report = ReportOf(2, 4);
  EXPECT_EQ(TestsWithin(report, 8).tests.size(), 8);
  EXPECT_EQ(TestsWithin(report, 8).left_out, "");
  EXPECT_EQ(TestsWithin(report, 7).tests.size(), 2);
  EXPECT_EQ(TestsWithin(report, 7).left_out,
            "Left out here, as there are too many: the 8 values one by one. Questions are shown.");
}

TEST(ShownTestsTest, QuestionsStandForValuesThatMayNotBeShown) {
  const Report report = ReportOf(2, 0);
  EXPECT_EQ(TestsWithin(report, 8).tests.size(), 2);
  EXPECT_EQ(TestsWithin(report, 8).left_out, "");
}

TEST(ShownTestsTest, OfTooManyQuestionsTheFirstAreShown) {
  const Report report = ReportOf(9, 4);
  EXPECT_EQ(TestsWithin(report, 8).tests.size(), 8);
  EXPECT_EQ(TestsWithin(report, 8).tests.data(), report.questions.data());
  EXPECT_THAT(TestsWithin(report, 8).left_out, HasSubstr("all but the first 8 of 9 questions"));
  EXPECT_EQ(TestsWithin(report, 0).tests.size(), 0);
}

TEST(ShownTestsTest, AFileHasAsManyTestsAsFit) {
  std::vector<size_t> tried;
  const auto write = [&tried](const ShownTests& shown) {
    tried.push_back(shown.tests.size());
    return std::string(10 + 7 * shown.tests.size(), 'x');
  };
  const Report report = ReportOf(9, 4);
  const FileLimits limits = {.max_tests = 40, .max_bytes = 50};
  EXPECT_EQ(FileWithin(report, limits, write).size(), 45);
  EXPECT_THAT(tried, ElementsAre(36, 9, 9, 5));
  EXPECT_EQ(FileWithin(report, {.max_tests = 4, .max_bytes = 9}, write).size(), 10)
      << "no test is the least there can be";
}

}  // namespace
}  // namespace cellar
