#include "server/api/resource_names.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace cellar {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ResourceNamesTest, NamesOfTheCollectionWithValidIdsPass) {
  FieldViolations violations;
  EXPECT_TRUE(CheckName("models/a", kModelCollection, "model", violations));
  EXPECT_TRUE(CheckName("sessions/" + std::string(63, 'z'), kSessionCollection, "", violations));
  EXPECT_TRUE(CheckName("sessions/a-0-z", kSessionCollection, "session", violations));
  EXPECT_THAT(violations, IsEmpty());
}

TEST(ResourceNamesTest, OtherNamesAreRefusedAndQuoted) {
  const std::string names[] = {"a",
                               "sessions/",
                               "sessions/A",
                               "sessions/1",
                               "sessions/-a",
                               "sessions/a/b",
                               "models/a",
                               "Sessions/a",
                               "sessions/a ",
                               " sessions/a",
                               "sessions/\xc3\xa4",
                               std::string("sessions/a\0b", 12),
                               "sessions/" + std::string(64, 'z')};
  for (const std::string& name : names) {
    FieldViolations violations;
    EXPECT_FALSE(CheckName(name, kSessionCollection, "name", violations)) << name;
    ASSERT_EQ(violations.size(), 1);
    EXPECT_EQ(violations[0].field, "name");
    EXPECT_THAT(violations[0].description, HasSubstr(Quoted(name)));
    EXPECT_THAT(violations[0].description, HasSubstr("sessions/"));
  }
}

TEST(ResourceNamesTest, AnEmptyNameIsRequired) {
  FieldViolations violations;
  EXPECT_FALSE(CheckName("", kModelCollection, "session.model", violations));
  EXPECT_THAT(violations[0].description, HasSubstr("required"));
}

TEST(ResourceNamesTest, AChosenIdIsValidOrEmpty) {
  FieldViolations violations;
  CheckChosenId("", "session_id", violations);
  CheckChosenId("a-1", "session_id", violations);
  EXPECT_THAT(violations, IsEmpty());
  CheckChosenId("sessions/a", "session_id", violations);
  CheckChosenId("1", "session_id", violations);
  ASSERT_EQ(violations.size(), 2);
  EXPECT_EQ(violations[0].field, "session_id");
  EXPECT_THAT(violations[0].description, HasSubstr("\"sessions/a\""));
}

TEST(ResourceNamesTest, ANameIsChosenOnlyWithAnId) {
  EXPECT_EQ(ChosenName(kSessionCollection, "a"), "sessions/a");
  EXPECT_EQ(ChosenName(kSessionCollection, ""), "");
}

TEST(ResourceNamesTest, QuotedTextIsShortAndHasNoControlCharacters) {
  EXPECT_EQ(Quoted("a\n\x01"), "\"a\\n\\x01\"");
  EXPECT_EQ(Quoted("\xc3\xa4"), "\"\xc3\xa4\"");
  const std::string quoted = Quoted(std::string(1'000'000, 'a'));
  EXPECT_LT(quoted.size(), 120);
  EXPECT_THAT(quoted, HasSubstr("1000000 bytes"));
  // Cut in the middle of a character: what is left must still be UTF-8.
  for (const char c : Quoted(std::string(79, 'a') + "\xc3\xa4")) EXPECT_GE(c, ' ');
}

}  // namespace
}  // namespace cellar
