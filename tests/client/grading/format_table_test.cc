#include "client/grading/format_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

TEST(FormatTableTest, FindsByName) {
  for (const std::string& name : GradeFormatNames()) {
    ASSERT_NE(FindGradeFormat(name), nullptr);
    EXPECT_EQ(FindGradeFormat(name)->name, name);
  }
  EXPECT_EQ(FindGradeFormat("grad"), nullptr);
}

TEST(FormatTableTest, EveryFormatWritesEveryScene) {
  for (const GradeFormat& format : GradeFormats()) {
    for (const Scene& scene : Scenes()) {
      const std::string text = format.write({scene.report});
      ASSERT_FALSE(text.empty()) << format.name << ": " << scene.name;
      EXPECT_EQ(text.back(), '\n') << format.name << ": " << scene.name;
    }
  }
}

// Whatever the verdict holds, what the level forbids is in no file of any platform.
TEST(FormatTableTest, NoFormatTellsMoreThanTheFeedbackLevel) {
  constexpr double kKey = 0.918273645;
  for (const auto level : {v1::FEEDBACK_NONE, v1::FEEDBACK_STEPS, v1::FEEDBACK_DIAGNOSIS}) {
    v1::Verdict verdict = MakeVerdict(4, 2, level);
    for (auto& question : *verdict.mutable_questions()) {
      for (auto& value : *question.mutable_values()) {
        value.set_expected(kKey);
        value.set_expected_if_carried(kKey);
      }
    }
    const Report report = MakeReport(HomeworkExercise(), verdict);
    for (const GradeFormat& format : GradeFormats()) {
      const std::string text = format.write({report});
      EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("0.91827"))) << format.name;
      if (level == v1::FEEDBACK_DIAGNOSIS) continue;
      EXPECT_THAT(text, ::testing::Not(::testing::HasSubstr("swapped"))) << format.name;
    }
  }
}

}  // namespace
}  // namespace cellar
