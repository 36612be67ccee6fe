#include "server/grading/plain_text.h"

#include <string>

#include "gtest/gtest.h"

namespace cellar {
namespace {

std::string Plain(absl::string_view text) {
  TextPlace bad;
  const auto read = PlainText::Read(text, &bad);
  return read.has_value() ? read->plain() : "not UTF-8";
}

TEST(PlainText, EveryMinusAndDashIsAMinus) {
  EXPECT_EQ(Plain("\u2212-\u2010\u2011\u2012\u2013\u2014\u2015\uFE58\uFE63\uFF0D\u207B\u2796"),
            std::string(13, '-'));
}

TEST(PlainText, EveryBlankIsABlankAndEveryEndOfLineOne) {
  EXPECT_EQ(Plain("\t\u00A0\u2003\u200B\u202F\u3000\u2060"), std::string(7, ' '));
  EXPECT_EQ(Plain("1\n2\r\n3\r4\u20285"), "1\n2 \n3\n4\n5");
}

TEST(PlainText, FullWidthFormsAndOtherBracketsAreThoseOfAscii) {
  EXPECT_EQ(Plain("\uFF3B\uFF10\uFF0E\uFF15\uFF0C\uFF0B\uFF11\uFF3D"), "[0.5,+1]");
  EXPECT_EQ(Plain("\u27E80\u3001 1\u27E9\u3010\u3011"), "<0, 1>[]");
}

TEST(PlainText, WhatHasNoLikeIsMarked) {
  EXPECT_EQ(Plain("\u221E"), std::string(1, kInfinitySign));
  EXPECT_EQ(Plain("\u00BD\U0001F600\x01\x7F"), std::string(4, kOtherCharacter));
}

TEST(PlainText, AByteOrderMarkInFrontIsNotSeen) {
  EXPECT_EQ(Plain("\xEF\xBB\xBF"
                  "1"),
            "1");
}

TEST(PlainText, PlacesAreToldInCharacters) {
  TextPlace bad;
  const auto text = PlainText::Read("\u2212\u2212x\n\U0001F600y", &bad);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->PlaceOf(2).line, 1);
  EXPECT_EQ(text->PlaceOf(2).column, 3);
  EXPECT_EQ(text->PlaceOf(5).line, 2);
  EXPECT_EQ(text->PlaceOf(5).column, 2);
}

TEST(PlainText, QuotesWhatWasTypedWithoutControlCharacters) {
  TextPlace bad;
  const auto text = PlainText::Read("\u2212 a\x1B[31m\"", &bad);
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(text->Quoted(0, 1), "\"\u2212\"");
  EXPECT_EQ(text->Quoted(2, 9), "\"a\\x1b[31m\\\"\"");
  const std::string many(100, 'x');
  EXPECT_EQ(PlainText::Read(many, &bad)->Quoted(0, 100), "\"" + std::string(40, 'x') + "...\"");
}

TEST(PlainText, RefusesWhatIsNoUtf8AndTellsWhere) {
  for (const char* bytes :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xC3", "\xE2\x88", "\xC3("}) {
    TextPlace bad;
    const std::string text = std::string("1\n\u2212") + bytes;
    EXPECT_FALSE(PlainText::Read(text, &bad).has_value()) << bytes;
    EXPECT_EQ(bad.line, 2);
    EXPECT_EQ(bad.column, 2);
  }
}

}  // namespace
}  // namespace cellar
