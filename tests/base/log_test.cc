#include "server/base/log.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

using testing::EndsWith;
using testing::IsEmpty;
using testing::StartsWith;

class LogTest : public testing::Test {
 protected:
  Log::Sink Sink() {
    return [this](const std::string& line) { lines_.push_back(line); };
  }

  FakeClock clock_;
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesOneEventALine) {
  Log log(LogLevel::kInfo, clock_, Sink());
  log.Write(LogLevel::kInfo, "listening", {{"address", "127.0.0.1:1"}, {"nothing", ""}});
  ASSERT_EQ(lines_.size(), 1u);
  EXPECT_THAT(lines_[0], StartsWith("time="));
  EXPECT_THAT(lines_[0], EndsWith("Z level=info event=listening address=127.0.0.1:1\n"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowItsLevel) {
  Log log(LogLevel::kWarning, clock_, Sink());
  log.Write(LogLevel::kInfo, "a");
  log.Write(LogLevel::kDebug, "b");
  EXPECT_THAT(lines_, IsEmpty());
  log.Write(LogLevel::kError, "c");
  log.Write(LogLevel::kWarning, "d");
  EXPECT_EQ(lines_.size(), 2u);
  EXPECT_FALSE(SilentLog().Shows(LogLevel::kError));
}

TEST_F(LogTest, KeepsAValueOnItsLineWhateverIsInIt) {
  Log log(LogLevel::kInfo, clock_, Sink());
  log.Write(LogLevel::kInfo, "e",
            {{"v", "two words"}, {"w", "a\nlevel=error \"x\""}, {"x", "\xff"}});
  EXPECT_THAT(lines_[0],
              EndsWith(" v=\"two words\" w=\"a\\nlevel=error \\\"x\\\"\" x=\"\\xff\"\n"));
  log.Write(LogLevel::kInfo, "e", {{"v", std::string(1000, 'a')}});
  EXPECT_THAT(lines_[1], EndsWith(std::string(256, 'a') + "...\n"));
}

TEST_F(LogTest, LevelsHaveNames) {
  for (const LogLevel level :
       {LogLevel::kNone, LogLevel::kError, LogLevel::kWarning, LogLevel::kInfo, LogLevel::kDebug}) {
    EXPECT_EQ(ParseLogLevel(LogLevelName(level)), level);
  }
  EXPECT_EQ(ParseLogLevel("loud"), std::nullopt);
}

TEST_F(LogTest, ARateLeavesOutAndTellsHowMuch) {
  LogRate rate(2);
  const absl::Time start = absl::FromUnixSeconds(100);
  EXPECT_EQ(rate.Take(start), 0);
  EXPECT_EQ(rate.Take(start), 0);
  EXPECT_EQ(rate.Take(start), std::nullopt);
  EXPECT_EQ(rate.Take(start + absl::Milliseconds(999)), std::nullopt);
  EXPECT_EQ(rate.Take(start + absl::Seconds(1)), 2);
  EXPECT_EQ(rate.Take(start + absl::Seconds(1)), 0);
}

}  // namespace
}  // namespace cellar
