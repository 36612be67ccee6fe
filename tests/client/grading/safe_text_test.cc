#include "client/grading/safe_text.h"

#include <gtest/gtest.h>

#include <string>

namespace cellar {
namespace {

const std::string kR = "\xef\xbf\xbd";

TEST(CleanTextTest, KeepsTextLineFeedsAndTabs) {
  const std::string text = "a \xc3\xa4 \xe2\x88\x92 \xf0\x9f\x99\x82\n\tb";
  EXPECT_EQ(CleanText(text), text);
  EXPECT_EQ(CleanText(""), "");
}

TEST(CleanTextTest, ReplacesControlCharactersOfEveryKind) {
  EXPECT_EQ(CleanText(std::string("a\0b", 3)), "a" + kR + "b");
  EXPECT_EQ(CleanText("\x1b[31m\x07\r"), kR + "[31m" + kR + kR);
  EXPECT_EQ(CleanText("\x7f"), kR);
  EXPECT_EQ(CleanText("\xc2\x9b"), kR) << "C1: a one-character escape sequence";
  EXPECT_EQ(CleanText("\xef\xbf\xbe \xef\xbf\xbf \xef\xb7\x90"), kR + " " + kR + " " + kR);
}

TEST(CleanTextTest, ReplacesEveryByteThatIsNoUtf8) {
  EXPECT_EQ(CleanText("\xff\xc3"), kR + kR);
  EXPECT_EQ(CleanText("\xc0\x80"), kR + kR) << "overlong";
  EXPECT_EQ(CleanText("\xe0\x80\x80"), kR + kR + kR) << "overlong";
  EXPECT_EQ(CleanText("\xed\xa0\x80"), kR + kR + kR) << "a surrogate";
  EXPECT_EQ(CleanText("\xf4\x90\x80\x80"), kR + kR + kR + kR) << "beyond Unicode";
  EXPECT_EQ(CleanText("\xe2\x88z"), kR + kR + "z") << "cut short";
}

TEST(CleanLineTest, IsOneLine) { EXPECT_EQ(CleanLine("a\nb\tc\rd"), "a b c" + kR + "d"); }

TEST(WithWholeCharactersTest, ReplacesHalvesThatStandAlone) {
  EXPECT_EQ(WithWholeCharacters(R"("\ud800")"), R"("\ufffd")");
  EXPECT_EQ(WithWholeCharacters(R"("\uDFFF 1")"), R"("\ufffd 1")");
  EXPECT_EQ(WithWholeCharacters(R"(\ud800\ud83d\ude42\udc00)"), R"(\ufffd\ud83d\ude42\ufffd)");
  EXPECT_EQ(WithWholeCharacters(R"(\udc00\ud800)"), R"(\ufffd\ufffd)") << "the wrong order";
  EXPECT_EQ(WithWholeCharacters(R"(\ud800\n)"), R"(\ufffd\n)");
}

TEST(WithWholeCharactersTest, LeavesEverythingElseAsItIs) {
  for (const char* json : {R"({"a": "\u00e4 \\ud800 \" \\"})", R"(\\\\ud800)", R"(\ud8)",
                           R"(\u+800)", R"(\ud83d\ude42)", "\\", "", "\xff \xf0\x9f\x99\x82"}) {
    EXPECT_EQ(WithWholeCharacters(json), json);
  }
}

TEST(XmlTextTest, EscapesMarkup) {
  EXPECT_EQ(XmlText("<b a=\"1\" c='2'>&amp;]]>\n"),
            "&lt;b a=&#34;1&#34; c=&#39;2&#39;&gt;&amp;amp;]]&gt;\n");
  EXPECT_EQ(XmlAttribute("a\n\tb"), "a&#10;&#9;b");
}

TEST(TapTextTest, EscapesDirectives) {
  EXPECT_EQ(TapText("a # SKIP b\\\nok 2"), "a \\# SKIP b\\\\ ok 2");
}

TEST(ShortenedTest, CutsBetweenCharacters) {
  EXPECT_EQ(Shortened("abc", 3), "abc");
  EXPECT_EQ(Shortened("abcd", 3), "ab\xe2\x80\xa6");
  EXPECT_EQ(Shortened("\xc3\xa4\xc3\xb6\xc3\xbc", 3), "\xc3\xa4\xc3\xb6\xc3\xbc");
  EXPECT_EQ(Shortened("\xc3\xa4\xc3\xb6\xc3\xbc!", 2), "\xc3\xa4\xe2\x80\xa6");
  EXPECT_EQ(Shortened("", 3), "");
}

}  // namespace
}  // namespace cellar
