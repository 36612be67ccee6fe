#include "client/commands/grade_usage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "client/message_file.h"
#include "tests/client/commands/program_fixture.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class GradeUsageTest : public ProgramTest {
 protected:
  static std::string Homework() { return Example("grading/homework.textproto"); }

  // The file that `cellar grade ARGUMENTS --out FILE` leaves, which is bad usage; empty if none.
  std::string Left(const std::string& arguments) {
    const std::string out = Scratch("results.json");
    std::filesystem::remove(out);
    Run("grade " + Homework() + " " + arguments + " --out " + out);
    EXPECT_EQ(code(), 2) << arguments;
    EXPECT_THAT(error(), HasSubstr("error: ")) << arguments;
    return std::filesystem::exists(out) ? *ReadFile(out) : "";
  }
};

TEST_F(GradeUsageTest, AnOptionThatIsRefusedLeavesAResultThatSaysSo) {
  for (const char* wrong :
       {"--fail-under 7", "--fail-under nan", "--fail-under -0.1", "--feedback loud", "--nonsense",
        "--answer-format x", "--typed-seed x", "--seed a --seed-is-id"}) {
    const std::string left = Left(std::string("answer.txt --format gradescope ") + wrong);
    EXPECT_THAT(left, HasSubstr("\"Autograder failed\"")) << wrong;
    EXPECT_THAT(left, HasSubstr("cellar grade --help")) << wrong;
  }
  EXPECT_THAT(Left("answer.txt --format prairielearn --fail-under 7"),
              HasSubstr("\"gradable\": false"));
  EXPECT_THAT(Left("answer.txt --fail-under 7"), HasSubstr("answer: the grader failed"));
}

TEST_F(GradeUsageTest, SoDoesACommandWithNothingToGrade) {
  EXPECT_THAT(Left("--format gradescope"), HasSubstr("\"Autograder failed\""));
  EXPECT_THAT(Left("no_such_folder/ --format gradescope"), HasSubstr("\"Autograder failed\""));
  EXPECT_THAT(Left("a b --format gradescope"), HasSubstr("\"Autograder failed\""));
  EXPECT_THAT(Left("a --target 127.0.0.1:1 --format gradescope"),
              HasSubstr("\"Autograder failed\""));
}

TEST_F(GradeUsageTest, WhereTheFormIsNotKnownNothingIsLeft) {
  EXPECT_EQ(Left("answer.txt --format pretty"), "");
  EXPECT_EQ(Left("answer.txt --format edx-customresponse --fail-under 7"), "");
  EXPECT_EQ(Run("grade " + Homework() + " answer.txt --fail-under 7"), "");
}

TEST_F(GradeUsageTest, APlatformThatReadsTheOutputFindsItThere) {
  EXPECT_THAT(Run("grade " + Homework() + " - --format edx --fail-under 7"),
              HasSubstr("\"errors\": [\"The grader failed"));
  EXPECT_EQ(code(), 2);
}

TEST_F(GradeUsageTest, OtherCommandsLeaveNothing) {
  const std::string out = Scratch("other.json");
  std::filesystem::remove(out);
  Run("exercise check " + Homework() + " --nonsense --format gradescope --out " + out);
  EXPECT_EQ(code(), 2);
  EXPECT_FALSE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace cellar
