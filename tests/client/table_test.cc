#include "client/table.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(AlignedTextTest, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(AlignedText({{"t", "h"}, {{"0", "0.7616"}, {"10", "-1"}}, Table::Align::kRight}),
            " t       h\n"
            " 0  0.7616\n"
            "10      -1\n");
}

TEST(AlignedTextTest, LeftAlignedLinesHaveNoTrailingSpaces) {
  EXPECT_EQ(AlignedText({{"NAME", "MODEL"}, {{"sessions/a", "m"}, {"b", ""}}, Table::Align::kLeft}),
            "NAME        MODEL\n"
            "sessions/a  m\n"
            "b\n");
}

TEST(AlignedTextTest, TooWideTablesAreCutIntoBlocksThatRepeatTheFirstColumn) {
  EXPECT_EQ(AlignedText({{"t", "aa", "bb", "cc"}, {{"0", "1", "2", "3"}}, Table::Align::kRight}, 9),
            "t  aa  bb\n"
            "0   1   2\n"
            "\n"
            "t  cc\n"
            "0   3\n");
}

TEST(AlignedTextTest, AColumnWiderThanTheLineIsStillShown) {
  EXPECT_EQ(AlignedText({{"t", "abcdef"}, {{"0", "1"}}, Table::Align::kRight}, 4),
            "t  abcdef\n"
            "0       1\n");
}

TEST(AlignedTextTest, CharactersOfSeveralBytesCountOnce) {
  EXPECT_EQ(AlignedText({{"\xc3\xa4", "b"}, {{"xyz", "1"}}, Table::Align::kRight}),
            "  \xc3\xa4  b\n"
            "xyz  1\n");
}

TEST(AlignedTextTest, ATableWithoutRowsIsItsHeader) {
  EXPECT_EQ(AlignedText({{"t", "h"}, {}, Table::Align::kRight}), "t  h\n");
}

TEST(CsvTextTest, QuotesOnlyWhatNeedsIt) {
  EXPECT_EQ(CsvText({{"t", "note"},
                     {{"0", "plain"}, {"1", "a,b"}, {"2", "say \"so\""}, {"3", "two\nlines"}},
                     Table::Align::kRight}),
            "t,note\n"
            "0,plain\n"
            "1,\"a,b\"\n"
            "2,\"say \"\"so\"\"\"\n"
            "3,\"two\nlines\"\n");
}

}  // namespace
}  // namespace cellar
