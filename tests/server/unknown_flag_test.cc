#include "server/unknown_flag.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(NearestFlag, GuessesWhatWasMeant) {
  const std::vector<std::string> flags = {"listen", "max-sessions", "max-session-bytes", "tls-key",
                                          "workers"};
  EXPECT_EQ(NearestFlag("max-sesions", flags), "max-sessions");
  EXPECT_EQ(NearestFlag("max-session", flags), "max-sessions") << "the fewest letters";
  EXPECT_EQ(NearestFlag("work", flags), "workers") << "its beginning";
  EXPECT_EQ(NearestFlag("tls-key-file", flags), "tls-key") << "it with something behind";
  EXPECT_EQ(NearestFlag("port", flags), "listen") << "what others call it";
  EXPECT_EQ(NearestFlag("threads", flags), "workers");
  EXPECT_EQ(NearestFlag("tokens", flags), "") << "this program has no such flag";
  EXPECT_EQ(NearestFlag("colour", flags), "");
  EXPECT_EQ(NearestFlag("", flags), "");
  EXPECT_EQ(NearestFlag(std::string(100'000, 'x'), flags), "");
}

class UnknownFlagTest : public testing::Test {
 protected:
  UnknownFlagTest() : app_("", "prog") {
    app_.add_option("--tenant", tenant_);
    app_.allow_extras();
  }

  CLI::App app_;
  std::string tenant_;
};

TEST_F(UnknownFlagTest, ItsTextNamesItAsItWasWritten) {
  EXPECT_EQ(UnknownFlagText(app_, "--tenat=math"),
            "there is no flag `--tenat` (did you mean `--tenant`?)");
  EXPECT_EQ(UnknownFlagText(app_, "tenat"), "there is no flag `tenat` (did you mean `tenant`?)");
  EXPECT_EQ(UnknownFlagText(app_, "-t"), "there is no flag `-t` (did you mean `--tenant`?)");
  EXPECT_EQ(UnknownFlagText(app_, "--nothing"), "there is no flag `--nothing`");
}

TEST_F(UnknownFlagTest, AllOfTheCommandLineAreTold) {
  app_.parse("--tenant a");
  EXPECT_EQ(UnexpectedArgumentsText(app_), "");
  app_.parse("--tenat a --nothing");
  EXPECT_EQ(UnexpectedArgumentsText(app_),
            "there is no flag `--tenat` (did you mean `--tenant`?); see `prog --help`\n"
            "there is no flag `--nothing`; see `prog --help`\n");
  app_.parse("one two");
  EXPECT_EQ(UnexpectedArgumentsText(app_),
            "there is an argument too many: `one`; see `prog --help`\n");
}

}  // namespace
}  // namespace cellar
