#include "client/resource_name.h"

#include <gtest/gtest.h>

namespace cellar {
namespace {

TEST(FullNameTest, PutsTheCollectionInFrontOfABareId) {
  EXPECT_EQ(FullName("sessions", "a"), "sessions/a");
  EXPECT_EQ(FullName("sessions", "sessions/a"), "sessions/a");
  EXPECT_EQ(FullName("sessions", "models/a"), "models/a") << "left for the server to refuse";
}

TEST(BareIdTest, TakesTheCollectionAway) {
  EXPECT_EQ(BareId("sessions", "sessions/a"), "a");
  EXPECT_EQ(BareId("sessions", "a"), "a");
  EXPECT_EQ(BareId("sessions", ""), "");
  EXPECT_EQ(BareId("sessions", "models/a"), "models/a") << "left for the server to refuse";
}

TEST(IsIdTest, KnowsWhatTheServerTakes) {
  for (const char* id : {"a", "hw1", "a-1-", "repl-0123456789ab"}) EXPECT_TRUE(IsId(id)) << id;
  EXPECT_TRUE(IsId(std::string(63, 'a')));
  EXPECT_FALSE(IsId(std::string(64, 'a')));
  for (const char* word : {"", "-", "1a", "A", "a.b", "a_b", "exercises/a", "\xc3\xa4"}) {
    EXPECT_FALSE(IsId(word)) << word;
  }
}

}  // namespace
}  // namespace cellar
