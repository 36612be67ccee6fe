#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

TEST(CsvReportTest, HasALineASubmission) {
  EXPECT_EQ(CsvReport({SceneReport("half right"), SceneReport("not gradable")}),
            "submission,points,max_points,gradable,problem,mistakes\n"
            "alice,1,2,yes,,forget_input_swapped\n"
            "alice,,,no,line 1: a bracket is missing,\n");
}

// Cells of the rows of a CSV text; fails on a quote that is not closed.
std::vector<std::vector<std::string>> RowsOf(const std::string& text) {
  std::vector<std::vector<std::string>> rows(1, {""});
  bool quoted = false;
  for (const char sign : text) {
    if (sign == '"') quoted = !quoted;
    if (quoted || (sign != ',' && sign != '\n')) {
      rows.back().back() += sign;
    } else if (sign == ',') {
      rows.back().emplace_back();
    } else {
      rows.push_back({""});
    }
  }
  EXPECT_FALSE(quoted) << text;
  rows.pop_back();  // what follows the last line's end
  return rows;
}

TEST(CsvReportTest, EverySceneIsARowOfSixCells) {
  std::vector<Report> reports;
  for (const Scene& scene : Scenes()) {
    reports.push_back(scene.report);
    const auto rows = RowsOf(CsvReport({scene.report}));
    ASSERT_EQ(rows.size(), 2) << scene.name;
    EXPECT_EQ(rows[1].size(), rows[0].size()) << scene.name;
    EXPECT_EQ(rows[1][3], scene.report.graded() ? "yes" : "no") << scene.name;
  }
  EXPECT_EQ(RowsOf(CsvReport(reports)).size(), 1 + reports.size());
}

TEST(CsvReportTest, NoCellIsAFormula) {
  v1::Verdict verdict = UngradableVerdict("=cmd|' /C calc'!A0", "-1+1");
  EXPECT_EQ(CsvReport({MakeReport({}, verdict)}),
            "submission,points,max_points,gradable,problem,mistakes\n"
            "'=cmd|' /C calc'!A0,,,no,'-1+1,\n");
}

}  // namespace
}  // namespace cellar
