#include "server/base/wire_text.h"

#include <string>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(WireText, LeavesValidTextThatFitsAsItIs) {
  const std::string text = "plain, \xC3\xA4, \xE2\x82\xAC, \xF0\x9F\x98\x80";
  EXPECT_EQ(WireText(text, text.size()), text);
  EXPECT_EQ(WireText("", 3), "");
}

TEST(WireText, CutsWithAnEllipsisThatCounts) {
  EXPECT_EQ(WireText("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(WireText("abcdefghi", 8), "abcde...");
  EXPECT_EQ(WireText("abcdefghi", 3), "...");
}

TEST(WireText, CutsBetweenCharacters) {
  const std::string euros = "\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC";
  EXPECT_EQ(WireText(euros, 9), euros);
  EXPECT_EQ(WireText(euros, 8), "\xE2\x82\xAC...");
  EXPECT_EQ(WireText(euros, 5), "...");
}

TEST(WireText, ReplacesWhatIsNotUtf8ByteByByte) {
  EXPECT_EQ(WireText("a\xFFz", 9), "a?z");
  EXPECT_EQ(WireText("\x80", 9), "?");                 // a continuation alone
  EXPECT_EQ(WireText("\xC3", 9), "?");                 // cut off
  EXPECT_EQ(WireText("\xC0\xAF", 9), "??");            // overlong
  EXPECT_EQ(WireText("\xE0\x80\xAF", 9), "???");       // overlong
  EXPECT_EQ(WireText("\xF0\x80\x80\xAF", 9), "????");  // overlong
  EXPECT_EQ(WireText("\xED\xA0\x80", 9), "???");       // a surrogate
  EXPECT_EQ(WireText("\xF4\x90\x80\x80", 9), "????");  // beyond U+10FFFF
  EXPECT_EQ(WireText("\xE2\x82z", 9), "??z");          // broken in the middle
}

TEST(WireMessage, CountsEveryByteButPrintableAsciiThreeTimes) {
  EXPECT_EQ(WireMessage("abcdef", 6), "abcdef");
  EXPECT_EQ(WireMessage("a%", 4), "a%");
  EXPECT_EQ(WireMessage("a%b", 4), "a...");
  EXPECT_EQ(WireMessage("\n\n", 6), "\n\n");
  EXPECT_EQ(WireMessage("\n\n", 5), "...");
  EXPECT_EQ(WireMessage("\xC3\xA4", 6), "\xC3\xA4");
  EXPECT_EQ(WireMessage("\xC3\xA4", 5), "...");
}

}  // namespace
}  // namespace cellar
