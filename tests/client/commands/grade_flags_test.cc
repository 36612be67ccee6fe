#include "client/commands/grade_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cellar {
namespace {

GradeFlags Parse(std::vector<std::string> words, std::string* error = nullptr) {
  CLI::App app;
  GradeFlags flags;
  AddGradeFlags(app, flags);
  std::reverse(words.begin(), words.end());
  try {
    app.parse(words);
  } catch (const CLI::ParseError& problem) {
    EXPECT_NE(error, nullptr) << problem.what();
    if (error != nullptr) *error = problem.what();
  }
  return flags;
}

TEST(GradeFlagsTest, ReadsWhatIsGradedAndHow) {
  const GradeFlags flags =
      Parse({"e.textproto", "a.txt", "b", "--format", "tap", "--feedback", "none", "--seed", "s",
             "--answer-format", "npy", "--fail-under", "0.5", "--out", "o"});
  EXPECT_EQ(flags.exercise, "e.textproto");
  EXPECT_THAT(flags.submissions, ::testing::ElementsAre("a.txt", "b"));
  EXPECT_EQ(FeedbackOf(flags), v1::FEEDBACK_NONE);
  EXPECT_EQ(ReadingOf(flags).format, v1::ANSWER_FORMAT_NPY);
  EXPECT_EQ(ReadingOf(flags).seed, "s");
  EXPECT_EQ(flags.fail_under, 0.5);
}

TEST(GradeFlagsTest, WithoutAnyTheExerciseDecides) {
  const GradeFlags flags = Parse({"e", "a"});
  EXPECT_EQ(flags.format, "text");
  EXPECT_EQ(FeedbackOf(flags), v1::FEEDBACK_UNSPECIFIED);
  EXPECT_EQ(ReadingOf(flags).format, v1::ANSWER_FORMAT_UNSPECIFIED);
}

TEST(GradeFlagsTest, WordsThatAreNoneGetAHint) {
  std::string error;
  Parse({"e", "a", "--format", "gradscope"}, &error);
  EXPECT_THAT(error, ::testing::HasSubstr("did you mean `gradescope`?"));
  Parse({"e", "a", "--fail-under", "1.5"}, &error);
  EXPECT_THAT(error, ::testing::HasSubstr("1.5"));
  Parse({"e", "a", "--typed-seed", "x"}, &error);
  EXPECT_THAT(error, ::testing::HasSubstr("--typed"));
}

}  // namespace
}  // namespace cellar
