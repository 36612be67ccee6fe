#include "client/grading/submission_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "client/message_file.h"

namespace cellar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SubmissionSourceTest : public ::testing::Test {
 protected:
  SubmissionSourceTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        ::testing::TempDir() + "cellar_source_" + test->name() + "_" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~SubmissionSourceTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& text) const {
    const std::filesystem::path path = folder_ + "/" + name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }

  // The reason why a file is not gradable; empty if it is.
  static std::string Reason(const std::string& path, const SubmissionOptions& options = {}) {
    const auto read = ReadSubmission({"id", path}, options);
    return std::string(read.status().message());
  }

  std::string folder_;
};

std::vector<std::string> Ids(const std::vector<FoundSubmission>& found) {
  std::vector<std::string> ids;
  for (const FoundSubmission& submission : found) ids.push_back(submission.id);
  return ids;
}

TEST_F(SubmissionSourceTest, AFolderGivesItsFilesInOrder) {
  Write("b.txt", "1");
  Write("a/answer.txt", "1");
  Write("a/answer.json", "1");
  Write(".hidden/x", "1");
  Write(".DS_Store", "1");
  Write("__MACOSX/b.txt", "1");
  const auto found = FindSubmissions({folder_});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(Ids(*found), ElementsAre("a/answer", "a/answer.txt", "b"));
  EXPECT_EQ((*found)[2].path, folder_ + "/b.txt");
}

TEST_F(SubmissionSourceTest, FilesOfTheSameNameGetIdsOfTheirOwn) {
  const auto found = FindSubmissions({"x/answer.txt", "y/answer.txt", "z/answer.txt", "-"});
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(Ids(*found), ElementsAre("answer", "answer.txt", "answer.txt (2)", "stdin"));
}

TEST_F(SubmissionSourceTest, IdsAreCleanAndShort) {
  const auto found = FindSubmissions({std::string(300, 'x') + ".txt", "a\x1b\nb.txt"});
  ASSERT_TRUE(found.ok());
  EXPECT_LE((*found)[0].id.size(), 203) << "200 characters, the last an ellipsis";
  EXPECT_EQ((*found)[1].id, "a\xef\xbf\xbd b");
}

TEST_F(SubmissionSourceTest, AFolderWithoutFilesIsTold) {
  EXPECT_THAT(std::string(FindSubmissions({folder_}).status().message()),
              HasSubstr("there is no answer in"));
}

TEST_F(SubmissionSourceTest, AFolderThatIsNotThereIsNoAnswerThatCannotBeRead) {
  EXPECT_THAT(std::string(FindSubmissions({folder_ + "/nowhere/"}).status().message()),
              HasSubstr("there is no folder"));
  EXPECT_TRUE(FindSubmissions({folder_ + "/nowhere"}).ok()) << "a file that nobody handed in";
}

TEST_F(SubmissionSourceTest, AFileIsSentAsItIs) {
  const std::string bytes = "1 \xff\n";
  SubmissionOptions options;
  options.seed = "s";
  options.format = v1::ANSWER_FORMAT_TEXT;
  const auto read = ReadSubmission({"id", Write("a.txt", bytes)}, options);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->file().content(), bytes);
  EXPECT_EQ(read->file().name(), "a.txt");
  EXPECT_EQ(read->file().format(), v1::ANSWER_FORMAT_TEXT);
  EXPECT_EQ(read->id(), "id");
  EXPECT_EQ(read->seed(), "s");
  options.seed_is_id = true;
  EXPECT_EQ(ReadSubmission({"id", Write("a.txt", bytes)}, options)->seed(), "id");
}

TEST_F(SubmissionSourceTest, WhatCannotBeReadIsToldToTheStudent) {
  EXPECT_EQ(Reason(folder_ + "/none.txt"), "there is no file none.txt");
  EXPECT_EQ(Reason(folder_), std::filesystem::path(folder_).filename().string() +
                                 " is a folder, where one file with the answer was to be");
  std::filesystem::create_symlink(Write("key", "secret"), folder_ + "/link");
  EXPECT_EQ(Reason(folder_ + "/link"), "link is a symbolic link; give the file itself");
  SubmissionOptions small;
  small.max_bytes = 3;
  EXPECT_EQ(Reason(Write("big", "1234"), small), "big has 4 bytes; at most 3 are read");
  EXPECT_EQ(Reason(Write("fits", "123"), small), "");
}

TEST_F(SubmissionSourceTest, WhatHasNoEndIsNotReadToIt) {
  SubmissionOptions small;
  small.max_bytes = 3;
  EXPECT_EQ(Reason("/dev/zero", small), "the answer has more than the 3 bytes that are read");
  EXPECT_EQ(Reason("/dev/null", small), "");
  EXPECT_EQ(ReadFile("/dev/zero", 100'000)->size(), 100'000);
  EXPECT_EQ(*ReadFile(Write("a", "1234"), 4), "1234");
  EXPECT_EQ(*ReadFile(Write("a", "1234"), 2), "12");
}

TEST_F(SubmissionSourceTest, TypedAnswersAreTakenByQuestion) {
  SubmissionOptions options;
  options.typed_key = "data.answers";
  options.seed_key = "seed";
  options.question_ids = {"1", "2", "3", "4"};
  const std::string path = Write(
      "data.json",
      R"({"seed": 17, "data": {"answers": {"1": "[0, 1", "2": [1, -0.5, "x"], "_files": 1, "4": 2}}})");
  const auto read = ReadSubmission({"id", path}, options);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->seed(), "17");
  const auto& texts = read->typed().texts();
  EXPECT_EQ(texts.size(), 3);
  EXPECT_EQ(texts.at("1"), "[0, 1");
  EXPECT_EQ(texts.at("2"), "[1, -0.5, x]");
  EXPECT_EQ(texts.at("4"), "2");
}

TEST_F(SubmissionSourceTest, HalfACharacterInATypedAnswerIsTheStudentsAndNoBrokenFile) {
  SubmissionOptions options;
  options.typed_key = "answers";
  options.question_ids = {"states"};
  const auto read = ReadSubmission(
      {"id", Write("a", R"({"answers": {"states": "0 \ud800 1", "\ude42": ""}})")}, options);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->typed().texts().at("states"), "0 \xef\xbf\xbd 1");
}

TEST_F(SubmissionSourceTest, TypedAnswersThatAreNotThereAreTold) {
  SubmissionOptions options;
  options.typed_key = "answers";
  EXPECT_THAT(Reason(Write("a", "[1"), options), HasSubstr("no JSON object"));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSubmission({"id", folder_ + "/a"}, options).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(ReadSubmission({"id", "none"}, options).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(ReadSubmission({"id", "none"}, {}).status()));
  EXPECT_THAT(Reason(Write("b", "{\"a\": \"\xff\"}"), options), HasSubstr("no JSON object"));
  EXPECT_THAT(Reason(Write("c", "{\"answers\": 1}"), options), HasSubstr("no object `answers`"));
  options.question_ids = {"states"};
  EXPECT_THAT(Reason(Write("e", "{\"answers\": {\"States\": \"0 1\"}}"), options),
              HasSubstr("`answers` has States, the exercise asks for states"));
  EXPECT_EQ(Reason(Write("f", "{\r\n\"answers\": {\"states\": \"0 1\"}}\r\n"), options), "");
  options.seed_key = "seed";
  EXPECT_THAT(Reason(Write("d", "{\"answers\": {}}"), options), HasSubstr("no seed `seed`"));
  const std::string long_seed(300, 'x');
  EXPECT_THAT(
      Reason(Write("g", "{\"answers\": {}, \"seed\": \"" + long_seed + "\"}"), options),
      HasSubstr("the seed `seed` in the file with the answers has 300 characters, at most"));
  EXPECT_THAT(Reason(Write("h", "{\"answers\": {}, \"seed\": {}}"), options),
              HasSubstr("the seed `seed` in the file with the answers is empty"));
}

}  // namespace
}  // namespace cellar
