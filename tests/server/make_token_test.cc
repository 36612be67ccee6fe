#include "server/make_token.h"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/identity/identity_directory.h"
#include "server/identity/identity_file.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;

class MakeTokenTest : public ::testing::Test {
 protected:
  int Run(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "make-token");
    out_.str("");
    out_.clear();
    err_.str("");
    err_.clear();
    return MakeToken(static_cast<int>(arguments.size()), arguments.data(), clock_, out_, err_);
  }

  FakeClock clock_;
  std::stringstream out_;
  std::stringstream err_;
};

TEST_F(MakeTokenTest, PrintsATokenAndTheLineThatKnowsIt) {
  ASSERT_EQ(Run({"--tenant", "math", "--roles", "owner,grader", "--name", "ci"}), 0) << err_.str();
  std::string token;
  std::string line;
  std::getline(out_, token);
  std::getline(out_, line);
  EXPECT_TRUE(absl::StartsWith(token, "cellar_"));
  EXPECT_EQ(token.size(), 7u + 43u) << "256 bits";
  EXPECT_FALSE(absl::StrContains(line, token.substr(7)));
  const IdentityDirectory directory(ParseIdentities(line).value());
  const SharedCaller caller = directory.FindToken(token, clock_.Now());
  ASSERT_NE(caller, nullptr);
  EXPECT_EQ(caller->tenant, "math");
  EXPECT_EQ(caller->roles, (RoleSet{Role::kOwner, Role::kGrader}));
  EXPECT_EQ(caller->name, "ci");
}

TEST_F(MakeTokenTest, AFlagThatThereIsNotIsToldWithTheOneThatIsMeant) {
  EXPECT_EQ(Run({"--role", "admin"}), 2);
  EXPECT_EQ(err_.str(),
            "there is no flag `--role` (did you mean `--roles`?); see `cellar-server make-token "
            "--help`\n");
}

TEST_F(MakeTokenTest, NeverMakesTheSameTwice) {
  ASSERT_EQ(Run({}), 0);
  const std::string first = out_.str();
  ASSERT_EQ(Run({}), 0);
  EXPECT_NE(out_.str(), first);
}

TEST_F(MakeTokenTest, AppendsTheLineAndPrintsTheTokenAlone) {
  const std::string path = ::testing::TempDir() + "/make_token_test";
  std::remove(path.c_str());
  std::string tokens[2];
  for (std::string& token : tokens) {
    ASSERT_EQ(Run({"--append", path.c_str(), "--expires-in", "1h"}), 0) << err_.str();
    std::getline(out_, token);
    EXPECT_EQ(out_.peek(), EOF);
  }
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const IdentityDirectory directory(ParseIdentities(text.str()).value());
  for (const std::string& token : tokens) {
    EXPECT_NE(directory.FindToken(token, clock_.Now()), nullptr);
    EXPECT_EQ(directory.FindToken(token, clock_.Now() + absl::Hours(1)), nullptr);
  }
  struct stat status {};
  ASSERT_EQ(stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  std::remove(path.c_str());
}

TEST_F(MakeTokenTest, AppendsBehindALineWithoutAnEnd) {
  const std::string path = ::testing::TempDir() + "/make_token_test_line";
  std::ofstream(path) << "# written by hand";
  ASSERT_EQ(Run({"--append", path.c_str()}), 0) << err_.str();
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  EXPECT_EQ(line, "# written by hand");
  std::getline(file, line);
  EXPECT_EQ(line.substr(0, 6), "token ");
  std::remove(path.c_str());
}

TEST_F(MakeTokenTest, RefusesWhatTheFileWould) {
  EXPECT_EQ(Run({"--roles", "boss"}), 2);
  EXPECT_EQ(err_.str(),
            "error: --roles: `boss` is none of owner,grader,read-only,student,admin; several are "
            "separated by commas\n");
  EXPECT_EQ(Run({"--roles", "owner,readonly,grader"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--roles: `readonly` is none of"));
  EXPECT_EQ(Run({"--roles", ""}), 2);
  EXPECT_EQ(Run({"--tenant", "A"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("error: --tenant: `A` is not possible"));
  EXPECT_EQ(Run({"--name", "a b"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("error: --name: `a b` is not possible"));
  EXPECT_EQ(Run({"--name", "a\ntoken"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--name: `a\\ntoken` is not"));
  EXPECT_EQ(Run({"--tenant", "\x1b[1m"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--tenant: `\\x1b[1m` is not"));
  EXPECT_EQ(Run({"--roles", "\x1b[1m"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--roles: `\\x1b[1m` is none"));
  EXPECT_EQ(Run({"--expires-in", "\x1b[1m"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--expires-in: `\\x1b[1m` is no"));
  EXPECT_EQ(Run({"--expires-in", "soon"}), 2);
  EXPECT_THAT(err_.str(), HasSubstr("--expires-in: `soon` is no"));
  EXPECT_EQ(Run({"--color", "red"}), 2);
  EXPECT_EQ(out_.str(), "") << "no token without a line";
  EXPECT_EQ(Run({"--append", "/nowhere/identities"}), 1);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(Run({"--help"}), 0);
}

}  // namespace
}  // namespace cellar
