#include "client/repl/repl_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cellar {
namespace {

using ::testing::HasSubstr;

TEST(IsReplCommandTest, AColonMakesACommand) {
  EXPECT_TRUE(IsReplCommand("  :undo"));
  EXPECT_FALSE(IsReplCommand("0 1"));
  EXPECT_FALSE(IsReplCommand(""));
}

TEST(ParseReplCommandTest, EveryNameOfTheListIsKnown) {
  for (const std::string& name : ReplCommandNames()) {
    EXPECT_TRUE(ParseReplCommand(name).ok()) << name;
    EXPECT_THAT(ReplHelp(), HasSubstr(name));
  }
}

TEST(ParseReplCommandTest, ReadsNameAndArgument) {
  const auto command = ParseReplCommand("  :UNDO   3 ");
  ASSERT_TRUE(command.ok()) << command.status();
  EXPECT_EQ(command->verb, ReplVerb::kUndo);
  EXPECT_EQ(command->argument, "3");
  EXPECT_EQ(ParseReplCommand(":fork")->argument, "");
}

TEST(ParseReplCommandTest, ShortFormsMeanTheirCommands) {
  EXPECT_EQ(ParseReplCommand(":q")->verb, ReplVerb::kQuit);
  EXPECT_EQ(ParseReplCommand(":h")->verb, ReplVerb::kHelp);
  EXPECT_EQ(ParseReplCommand(":u 2")->verb, ReplVerb::kUndo);
}

TEST(ParseReplCommandTest, AWordThatCanBeNoInputNeedsNoColon) {
  for (const char* line : {"quit", " QUIT ", "exit", "help", "?"}) {
    EXPECT_TRUE(IsReplCommand(line)) << line;
    EXPECT_TRUE(ParseReplCommand(line).ok()) << line;
  }
  EXPECT_EQ(ParseReplCommand("quit")->verb, ReplVerb::kQuit);
  EXPECT_EQ(ParseReplCommand("?")->verb, ReplVerb::kHelp);
  EXPECT_FALSE(IsReplCommand("nan"));
  EXPECT_FALSE(IsReplCommand("undo"));
}

TEST(ParseReplCommandTest, UnknownCommandsSuggestTheNearest) {
  EXPECT_EQ(ParseReplCommand(":udno").status().message(),
            "there is no command `:udno` (did you mean `:undo`?); :help lists them all");
  EXPECT_EQ(ParseReplCommand(":xyzzy").status().message(),
            "there is no command `:xyzzy`; :help lists them all");
  EXPECT_FALSE(ParseReplCommand(":").ok());
}

TEST(WordHintTest, ACommandWithoutItsColonIsToldWithIt) {
  for (const char* line : {"undo", " RESET", "gates off", "table", "/undo", "stat"}) {
    EXPECT_THAT(WordHint(line), HasSubstr("(did you mean `:")) << line;
  }
  EXPECT_EQ(WordHint("xyzzy"), "\"xyzzy\" is not a number; commands begin with a colon, see :help");
  for (const char* line : {"", "0 x", "-x", "[x",
                           "\xe2\x88\x92"
                           "1x"})
    EXPECT_EQ(WordHint(line), "");
}

TEST(ParseReplCommandTest, AnArgumentTooManyIsQuoted) {
  EXPECT_EQ(ParseReplCommand(":undo 1 2").status().message(), "`2` is too much; write :undo [N]");
  EXPECT_EQ(ParseReplCommand(":quit now").status().message(), "`now` is too much; write :quit");
}

}  // namespace
}  // namespace cellar
