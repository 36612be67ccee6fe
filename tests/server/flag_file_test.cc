#include "server/flag_file.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class FlagFileTest : public ::testing::Test {
 protected:
  FlagFileTest() {
    app_.add_option("--listen", listen_);
    app_.add_option("--data-dir", data_dir_);
    app_.add_option("--max-sessions", max_sessions_);
    app_.add_flag("--switch", switch_);
    app_.set_config("--config");
  }

  std::vector<CLI::ConfigItem> Read(const std::string& text) {
    std::istringstream input(text);
    return FlagFile(app_).from_config(input);
  }

  // What is wrong with a file.
  std::string Problem(const std::string& text) {
    try {
      Read(text);
    } catch (const CLI::ConfigError& why) {
      return why.what();
    }
    return "";
  }

  CLI::App app_;
  std::vector<std::string> listen_;
  std::string data_dir_;
  int max_sessions_ = 0;
  bool switch_ = false;
};

TEST_F(FlagFileTest, ReadsWhatTheHeaderShows) {
  const auto items = Read(
      "# a comment\n"
      "\n"
      "max-sessions = 1000\r\n"
      "data-dir=\"/a # b\"   # one\n"
      "listen = [ # two\n"
      "  '127.0.0.1:1',\n"
      "\n"
      "  unix:/a,\n"
      "]\n"
      "switch = true");
  ASSERT_EQ(items.size(), 4u);
  EXPECT_EQ(items[0].name, "max-sessions");
  EXPECT_THAT(items[0].inputs, ElementsAre("1000"));
  EXPECT_THAT(items[1].inputs, ElementsAre("/a # b"));
  EXPECT_THAT(items[2].inputs, ElementsAre("127.0.0.1:1", "unix:/a"));
  EXPECT_THAT(items[3].inputs, ElementsAre("true"));
  EXPECT_EQ(Read("\xEF\xBB\xBFmax-sessions = 1").at(0).name, "max-sessions");
  EXPECT_TRUE(Read("").empty());
  EXPECT_TRUE(Read("listen = []")[0].inputs.empty());
}

TEST_F(FlagFileTest, WhatIsNoFlagIsToldWithItsLine) {
  EXPECT_EQ(Problem("\n[x"),
            "2: `[x` begins a section, and there are none; write flags only, like max-sessions = "
            "1000");
  EXPECT_THAT(Problem("[server]\nmax-sessions = 1\n"), HasSubstr("1: `[server]` begins a section"));
  EXPECT_EQ(Problem("x"), "1: `x` is no line like max-sessions = 1000");
  EXPECT_THAT(Problem("switch"), HasSubstr("is no line like"));
  EXPECT_EQ(Problem("max-sesions = 1\ndatadir = 2"),
            "1: there is no flag `max-sesions` (did you mean `max-sessions`?)\n"
            "2: there is no flag `datadir` (did you mean `data-dir`?)");
  EXPECT_THAT(Problem("= 3"), HasSubstr("1: there is no flag ``"));
  EXPECT_THAT(Problem("\x01\xff = 3"), HasSubstr("there is no flag `\\x01\\xff`"));
  EXPECT_THAT(Problem("a \"b\\c'\""), HasSubstr("1: `a \"b\\c'\"` is no line"));
  EXPECT_EQ(Problem("config = \"a\""), "1: `config` is for the command line only");
}

TEST_F(FlagFileTest, TheLinesOfAListAreNoProblemsOfTheirOwn) {
  EXPECT_EQ(Problem("lisen = [\n  \"127.0.0.1:0\",\n]\nswitch"),
            "1: there is no flag `lisen` (did you mean `listen`?)\n"
            "4: `switch` is no line like max-sessions = 1000");
  EXPECT_EQ(Problem("listen = [\n'a'\n'[::1]:5', # ]\n\"b\n]\nx"),
            "3: there is no comma between two values of the list\n"
            "6: `x` is no line like max-sessions = 1000");
  EXPECT_EQ(Problem("listen = [\n\"a,\n'b'\n]\n"), "2: the quotes are not closed");
  EXPECT_THAT(Problem("listen = ['a' 'b' # no end"), HasSubstr("1: there is no comma"));
}

TEST_F(FlagFileTest, AFlagStandsThereOnce) {
  EXPECT_EQ(Problem("max-sessions = 1\n\nmax-sessions = 2"),
            "3: `max-sessions` is there twice, first in line 1");
}

TEST_F(FlagFileTest, AValueIsWhole) {
  EXPECT_THAT(Problem("listen = [\"a\",\n\"b\"\n\n"), HasSubstr("1: the list is not closed"));
  EXPECT_THAT(Problem("listen = [\"a\" \"b\"]"), HasSubstr("1: there is no comma"));
  EXPECT_THAT(Problem("listen = [,]"), HasSubstr("1: there is no value"));
  EXPECT_EQ(Problem("data-dir = \"a\nswitch = true\""), "1: the quotes are not closed");
  EXPECT_THAT(Problem("max-sessions = # 3"), HasSubstr("1: there is no value"));
  EXPECT_EQ(Problem("data-dir = \"a\" b"), "1: `b` follows the value");
}

}  // namespace
}  // namespace cellar
