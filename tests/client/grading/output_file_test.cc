#include "client/grading/output_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>

#include "client/message_file.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ =
        ::testing::TempDir() + "cellar_output_" + test->name() + "_" + std::to_string(getpid());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  ~OutputFileTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }

  // Names of everything in the folder.
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }

  std::string folder_;
};

TEST_F(OutputFileTest, ReplacesWhatWasThereAndMakesFolders) {
  ASSERT_TRUE(WriteWholeFile(Path("a/b/file"), "old").ok());
  ASSERT_TRUE(WriteWholeFile(Path("a/b/file"), "new").ok());
  EXPECT_EQ(*ReadFile(Path("a/b/file")), "new");
  EXPECT_THAT(Names(), ::testing::ElementsAre("a"));
  struct stat status {};
  ASSERT_EQ(stat(Path("a/b/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & S_IRUSR, S_IRUSR);
}

TEST_F(OutputFileTest, AFullDiskLeavesTheOldFileAndNothingElse) {
  ASSERT_TRUE(WriteWholeFile(Path("file"), "old").ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 4096;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = WriteWholeFile(Path("file"), std::string(10'000, 'x'));
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("File too large"));
  EXPECT_EQ(*ReadFile(Path("file")), "old");
  EXPECT_THAT(Names(), ::testing::ElementsAre("file"));
}

TEST_F(OutputFileTest, AFolderThatCannotBeIsNamed) {
  ASSERT_TRUE(WriteWholeFile(Path("file"), "old").ok());
  const absl::Status below_a_file = WriteWholeFile(Path("file/x"), "new");
  EXPECT_THAT(std::string(below_a_file.message()), HasSubstr("cannot write " + Path("file/x")));
  std::filesystem::create_directory(Path("folder"));
  EXPECT_FALSE(WriteWholeFile(Path("folder"), "new").ok());
  EXPECT_THAT(Names(), ::testing::UnorderedElementsAre("file", "folder"));
}

TEST_F(OutputFileTest, AnUnwritableFolderIsTold) {
  constexpr uid_t kNobody = 65534;
  const uid_t self = geteuid();
  std::filesystem::permissions(
      folder_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec |
                   std::filesystem::perms::others_read | std::filesystem::perms::others_exec);
  if (self == 0) {
    ASSERT_EQ(seteuid(kNobody), 0);  // root may write anywhere
  }
  const absl::Status status = WriteWholeFile(Path("file"), "new");
  if (self == 0) {
    ASSERT_EQ(seteuid(self), 0);
  }
  EXPECT_THAT(std::string(status.message()), HasSubstr("Permission denied"));
  EXPECT_TRUE(Names().empty());
}

TEST_F(OutputFileTest, APipeIsWrittenToDirectly) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  const int reader = open(Path("pipe").c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  ASSERT_TRUE(WriteWholeFile(Path("pipe"), "hello").ok());
  char bytes[16] = {};
  EXPECT_EQ(read(reader, bytes, sizeof(bytes)), 5);
  close(reader);
  EXPECT_STREQ(bytes, "hello");
  EXPECT_THAT(Names(), ::testing::ElementsAre("pipe"));
  EXPECT_THAT(std::string(WriteWholeFile("/dev/full", "x").message()),
              HasSubstr("No space left on device"));
}

TEST_F(OutputFileTest, ASymbolicLinkStaysAndWhatItLeadsToIsWritten) {
  std::filesystem::create_directory(Path("there"));
  ASSERT_TRUE(WriteWholeFile(Path("there/file"), "old").ok());
  std::filesystem::create_symlink("there/file", Path("link"));
  std::filesystem::create_symlink(Path("link"), Path("further"));
  ASSERT_TRUE(WriteWholeFile(Path("further"), "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_TRUE(std::filesystem::is_symlink(Path("further")));
  EXPECT_EQ(*ReadFile(Path("there/file")), "new");
}

TEST_F(OutputFileTest, ALinkThatLeadsToNothingYetIsFollowed) {
  std::filesystem::create_symlink("missing/file", Path("link"));
  ASSERT_TRUE(WriteWholeFile(Path("link"), "new").ok());
  EXPECT_TRUE(std::filesystem::is_symlink(Path("link")));
  EXPECT_EQ(*ReadFile(Path("missing/file")), "new");
  std::filesystem::create_symlink("round", Path("round"));
  EXPECT_THAT(std::string(WriteWholeFile(Path("round"), "new").message()), HasSubstr("Too many"));
}

TEST_F(OutputFileTest, ADescriptorIsWrittenWhereItStands) {
  const int descriptor = open(Path("log").c_str(), O_WRONLY | O_CREAT, 0644);
  ASSERT_GE(descriptor, 0);
  ASSERT_EQ(write(descriptor, "before ", 7), 7);
  for (const char* folder : {"/dev/fd/", "/proc/self/fd/"}) {
    ASSERT_TRUE(WriteWholeFile(folder + std::to_string(descriptor), "x").ok());
  }
  ASSERT_EQ(write(descriptor, " behind", 7), 7);
  close(descriptor);
  EXPECT_EQ(*ReadFile(Path("log")), "before xx behind");
  EXPECT_FALSE(WriteWholeFile("/dev/fd/" + std::to_string(descriptor), "x").ok());
  EXPECT_THAT(Names(), ::testing::ElementsAre("log"));
}

TEST_F(OutputFileTest, TheStandardOutputKeepsItsName) {
  const int kept = dup(STDOUT_FILENO);
  const int file = open(Path("out").c_str(), O_WRONLY | O_CREAT, 0644);
  std::fflush(stdout);
  ASSERT_EQ(dup2(file, STDOUT_FILENO), STDOUT_FILENO);
  const absl::Status first = WriteWholeFile("/dev/stdout", "a");
  const absl::Status second = WriteWholeFile("-", "b");
  dup2(kept, STDOUT_FILENO);
  close(file);
  close(kept);
  EXPECT_TRUE(first.ok()) << first;
  EXPECT_TRUE(second.ok()) << second;
  EXPECT_EQ(*ReadFile(Path("out")), "ab");
  EXPECT_TRUE(std::filesystem::is_symlink("/dev/stdout"));
}

}  // namespace
}  // namespace cellar
