#include "client/commands/grade_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>

#include "client/message_file.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

Report Graded(const std::string& id) {
  v1::Verdict verdict;
  verdict.set_submission_id(id);
  verdict.set_gradable(true);
  return MakeReport({}, verdict);
}

TEST(GradeOutputTest, SeveralSubmissionsNeedAFolderWhereAFileIsAboutOne) {
  const GradeFormat& gradescope = *FindGradeFormat("gradescope");
  EXPECT_TRUE(CheckGradeOutput(gradescope, "", 1).ok());
  EXPECT_TRUE(CheckGradeOutput(gradescope, "folder", 2).ok());
  EXPECT_THAT(std::string(CheckGradeOutput(gradescope, "", 2).message()),
              HasSubstr("name a folder for them with --out"));
  EXPECT_TRUE(CheckGradeOutput(*FindGradeFormat("junit"), "", 2).ok());
}

TEST(GradeOutputTest, NamesOfFilesStayInTheirFolder) {
  EXPECT_EQ(FileNameOf("a/b c"), "a_b_c");
  EXPECT_EQ(FileNameOf("../../etc/passwd"), "_.._.._etc_passwd");
  EXPECT_EQ(FileNameOf(""), "_");
}

TEST(GradeOutputTest, AFolderGetsAFileASubmission) {
  const std::string folder =
      ::testing::TempDir() + "cellar_grade_output_" + std::to_string(getpid());
  std::filesystem::remove_all(folder);
  std::ostringstream out;
  const std::vector<Report> reports = {Graded("a/b"), Graded("a_b"), Graded("c")};
  ASSERT_TRUE(WriteGradeOutput(*FindGradeFormat("coursera"), folder, reports, out).ok());
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, ::testing::UnorderedElementsAre("a_b.json", "a_b-2.json", "c.json"));
  EXPECT_EQ(out.str(), "");
  std::filesystem::remove_all(folder);
}

TEST(GradeOutputTest, WithoutAPathItIsPrinted) {
  std::ostringstream out;
  ASSERT_TRUE(WriteGradeOutput(*FindGradeFormat("codegrade"), "", {Graded("a")}, out).ok());
  EXPECT_EQ(out.str(), "{\"tag\": \"points\", \"points\": 1}\n");
  out.setstate(std::ios::badbit);
  EXPECT_FALSE(WriteGradeOutput(*FindGradeFormat("codegrade"), "", {Graded("a")}, out).ok());
}

TEST(GradeOutputTest, AFileIsNoPlaceForSeveralAndAFolderNoneForOneFile) {
  const GradeFormat& gradescope = *FindGradeFormat("gradescope");
  EXPECT_FALSE(CheckGradeOutput(gradescope, "results.json", 2).ok());
  EXPECT_FALSE(CheckGradeOutput(gradescope, "/dev/null", 2).ok());
  EXPECT_TRUE(CheckGradeOutput(gradescope, "results.json/", 2).ok());
  EXPECT_TRUE(CheckGradeOutput(gradescope, "results.json", 1).ok());
  EXPECT_FALSE(CheckGradeOutput(*FindGradeFormat("junit"), ::testing::TempDir(), 2).ok());
}

TEST(GradeOutputTest, OneSubmissionAlsoGoesIntoAFolder) {
  const std::string folder =
      ::testing::TempDir() + "cellar_grade_output_one_" + std::to_string(getpid()) + "/";
  std::ostringstream out;
  ASSERT_TRUE(WriteGradeOutput(*FindGradeFormat("coursera"), folder, {Graded("a")}, out).ok());
  EXPECT_TRUE(std::filesystem::is_regular_file(folder + "a.json"));
  std::filesystem::remove_all(folder);
}

TEST(GradeOutputTest, AFailureIsToldOfEverySubmissionWithoutAVerdict) {
  std::ostringstream out;
  ASSERT_TRUE(WriteFailure(*FindGradeFormat("csv"), "",
                           {"no server", {}, {{"a", "a"}, {"b", "b"}}, {Graded("a")}}, out)
                  .ok());
  EXPECT_THAT(out.str(),
              ::testing::AllOf(HasSubstr("\na,"), HasSubstr("\nb,"), HasSubstr("no server")));
}

TEST(GradeOutputTest, AFailureWithoutASubmissionIsToldOfOne) {
  std::ostringstream out;
  ASSERT_TRUE(WriteFailure(*FindGradeFormat("text"), "", {"bad usage"}, out).ok());
  EXPECT_EQ(out.str(), "") << "a person reads the error";
  ASSERT_TRUE(WriteFailure(*FindGradeFormat("edx"), "", {"bad usage"}, out).ok());
  EXPECT_THAT(out.str(), HasSubstr("The grader failed"));
}

TEST(GradeOutputTest, AFailureOfSeveralWithoutAPlaceForThemIsToldOnce) {
  std::ostringstream out;
  ASSERT_TRUE(WriteFailure(*FindGradeFormat("edx"), "",
                           {"bad usage", {}, {{"a", "a"}, {"b", "b"}}, {Graded("a")}}, out)
                  .ok());
  const std::string text = out.str();
  EXPECT_THAT(text, HasSubstr("The grader failed"));
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

}  // namespace
}  // namespace cellar
