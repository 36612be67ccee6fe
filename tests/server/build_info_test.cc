#include "server/build_info.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::MatchesRegex;

TEST(BuildInfo, TellsVersionCommitAndCompiler) {
  const BuildInfo build = ThisBuild();
  EXPECT_THAT(std::string(build.version), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(std::string(build.commit), MatchesRegex("[0-9A-Za-z._-]+"));
  EXPECT_THAT(std::string(build.compiler), MatchesRegex("(GCC|Clang) [0-9]+\\..*"));
}

TEST(BuildInfo, HasOneTextForAllPrograms) {
  EXPECT_THAT(BuildText("cellar"), MatchesRegex("cellar [0-9.]+ \\(commit .+, (GCC|Clang) .+\\)"));
}

}  // namespace
}  // namespace cellar
