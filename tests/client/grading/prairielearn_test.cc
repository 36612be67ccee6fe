#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/grading/formats.h"
#include "tests/client/grading/long_report.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::IsSubsetOf;

constexpr size_t kMaxFileBytes = 1'000'000;

// PrairieLearn's documented fields; anything else is allowed, so ours are named.
void Validate(const google::protobuf::Struct& file) {
  EXPECT_THAT(KeysOf(file), IsSubsetOf({"gradable", "score", "format_errors", "message", "output",
                                        "images", "tests", "parameter_digest", "engine_version"}));
  ASSERT_TRUE(file.fields().contains("gradable"));
  if (!file.fields().at("gradable").bool_value()) {
    const auto& errors = file.fields().at("format_errors").list_value();
    ASSERT_GE(errors.values_size(), 1);
    for (const auto& error : errors.values()) EXPECT_NE(error.string_value(), "");
    EXPECT_FALSE(file.fields().contains("score"));
    return;
  }
  EXPECT_GE(Number(file, "score"), 0);
  EXPECT_LE(Number(file, "score"), 1);
  for (const auto& test : Objects(file, "tests")) {
    EXPECT_THAT(KeysOf(test), IsSubsetOf({"name", "description", "points", "max_points", "message",
                                          "output", "images"}));
    EXPECT_NE(Text(test, "name"), "");
    EXPECT_LE(Number(test, "points"), Number(test, "max_points"));
  }
}

TEST(PrairieLearnTest, EverySceneGivesAFileAsDocumentedAndNotTooLarge) {
  for (const Scene& scene : Scenes()) {
    SCOPED_TRACE(scene.name);
    const std::string text = PrairieLearnFile(scene.report);
    EXPECT_LT(text.size(), kMaxFileBytes);
    Validate(JsonObject(text));
  }
}

TEST(PrairieLearnTest, TheScoreIsAFraction) {
  const auto file = JsonObject(PrairieLearnFile(SceneReport("half right")));
  EXPECT_EQ(Number(file, "score"), 0.5);
  ASSERT_EQ(Objects(file, "tests").size(), 8);
  EXPECT_EQ(Text(Objects(file, "tests")[2], "name"), "1.3 LSTM states: h of step 2");
}

TEST(PrairieLearnTest, NeitherABadAnswerNorABrokenGraderUsesAnAttempt) {
  const auto unread = JsonObject(PrairieLearnFile(SceneReport("not gradable")));
  EXPECT_THAT(unread.fields().at("format_errors").list_value().values(0).string_value(),
              HasSubstr("a bracket is missing"));
  const auto broke = JsonObject(PrairieLearnFile(SceneReport("grader broke")));
  EXPECT_EQ(broke.fields().at("format_errors").list_value().values(0).string_value(), kFailureText);
}

TEST(PrairieLearnTest, ManyQuestionsWithLongNamesAndWordsStayWithinTheLimits) {
  for (const int question_count : {3, 700, 20'000}) {
    const Report report = LongReport(question_count);
    const std::string text = PrairieLearnFile(report);
    EXPECT_LT(text.size(), 1'000'000) << question_count;
    const auto file = JsonObject(text);
    Validate(file);
    const auto tests = Objects(file, "tests");
    EXPECT_LE(tests.size(), 501);
    EXPECT_GE(tests.size(), 3);
    EXPECT_EQ(Text(file, "output").find("Left out here") != std::string::npos, question_count > 3);
  }
}

}  // namespace
}  // namespace cellar
