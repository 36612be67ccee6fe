#include "client/repl/line_editor.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

namespace cellar {
namespace {

TEST(ScriptReaderTest, GivesTheLinesAndThenTheEnd) {
  std::istringstream script("0 1\n\n:quit");
  const auto reader = MakeScriptReader(script);
  std::string line;
  EXPECT_EQ(reader->Read("0> ", line), LineEditor::Event::kLine);
  EXPECT_EQ(line, "0 1");
  EXPECT_EQ(reader->Read("0> ", line), LineEditor::Event::kLine);
  EXPECT_EQ(line, "");
  EXPECT_EQ(reader->Read("0> ", line), LineEditor::Event::kLine);
  EXPECT_EQ(line, ":quit");
  EXPECT_EQ(reader->Read("0> ", line), LineEditor::Event::kEnd);
}

TEST(HistoryFileTest, FollowsTheEnvironment) {
  setenv("XDG_STATE_HOME", "/state", 1);
  EXPECT_EQ(HistoryFile(), "/state/cellar/history");
  setenv("XDG_STATE_HOME", "relative", 1);
  setenv("HOME", "/home/somebody", 1);
  EXPECT_EQ(HistoryFile(), "/home/somebody/.local/state/cellar/history");
  unsetenv("HOME");
  EXPECT_EQ(HistoryFile(), "");
}

}  // namespace
}  // namespace cellar
