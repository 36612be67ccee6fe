#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client/grading/formats.h"
#include "tests/client/grading/scenes.h"

namespace cellar {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

// Reads one document's lines behind the version; returns the number of failing points.
int Validate(const std::vector<std::string>& lines) {
  const std::regex point("(not )?ok ([0-9]+) - ([^#\\\\]|\\\\#|\\\\\\\\)*");
  const std::regex yaml("  [a-z]+: \"([^\"\\\\]|\\\\.)*\"");
  int planned = -1;
  int points = 0;
  int failing = 0;
  bool in_yaml = false;
  std::vector<std::string> subtest;
  for (const std::string& line : lines) {
    if (absl::StartsWith(line, "    ") && !in_yaml) {
      subtest.push_back(line.substr(4));
      continue;
    }
    std::smatch match;
    if (in_yaml) {
      in_yaml = line != "  ...";
      EXPECT_TRUE(!in_yaml || std::regex_match(line, yaml)) << line;
    } else if (line == "  ---") {
      EXPECT_GT(points, 0);
      in_yaml = true;
    } else if (absl::StartsWith(line, "1..")) {
      EXPECT_EQ(planned, -1) << "one plan";
      planned = std::atoi(line.c_str() + 3);
    } else if (absl::StartsWith(line, "# ")) {
      continue;
    } else if (std::regex_match(line, match, point)) {
      EXPECT_EQ(std::atoi(match[2].str().c_str()), ++points);
      failing += match[1].matched ? 1 : 0;
      if (!subtest.empty()) {
        EXPECT_EQ(Validate(subtest) > 0, match[1].matched);
      }
      subtest.clear();
    } else {
      ADD_FAILURE() << "no line of TAP: " << line;
    }
  }
  EXPECT_FALSE(in_yaml);
  EXPECT_EQ(points, planned);
  return failing;
}

int ValidateStream(const std::string& text) {
  std::vector<std::string> lines = absl::StrSplit(absl::StripSuffix(text, "\n"), '\n');
  EXPECT_EQ(lines.at(0), "TAP version 14");
  lines.erase(lines.begin());
  return Validate(lines);
}

TEST(TapTest, EverySceneGivesAStreamByTheSpecification) {
  std::vector<Report> all;
  for (const Scene& scene : Scenes()) {
    if (!scene.report.failure.empty()) continue;
    SCOPED_TRACE(scene.name);
    const int failing = ValidateStream(TapStream({scene.report}));
    EXPECT_EQ(failing > 0, Fraction(scene.report) < 1);
    all.push_back(scene.report);
  }
  EXPECT_EQ(ValidateStream(TapStream(all)), 8);
}

TEST(TapTest, ABrokenGraderBailsOut) {
  EXPECT_THAT(TapStream({SceneReport("all right"), SceneReport("grader broke")}),
              EndsWith("\nBail out! " + std::string(kFailureText) + "\n"));
}

TEST(TapTest, AWrongValueCarriesWhatWasFoundAndWanted) {
  EXPECT_THAT(TapStream({SceneReport("all shown")}),
              HasSubstr("not ok 4 - 1.4 LSTM states: h of step 3\n"
                        "  ---\n"
                        "  message: \"given -1, expected 1\"\n"
                        "  severity: \"fail\"\n"
                        "  found: \"-1\"\n"
                        "  wanted: \"1\"\n"
                        "  ...\n"));
}

}  // namespace
}  // namespace cellar
