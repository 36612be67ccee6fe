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

TEST(CsvReportTest, NoCellIsAFormula) {
  v1::Verdict verdict = UngradableVerdict("=cmd|' /C calc'!A0", "-1+1");
  EXPECT_EQ(CsvReport({MakeReport({}, verdict)}),
            "submission,points,max_points,gradable,problem,mistakes\n"
            "'=cmd|' /C calc'!A0,,,no,'-1+1,\n");
}

}  // namespace
}  // namespace cellar
