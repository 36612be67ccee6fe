#include "server/session/session_name.h"

#include <gtest/gtest.h>

#include <string>

#include "server/session/session_id.h"
#include "tests/testing/fake_clock.h"

namespace cellar {
namespace {

TEST(SessionName, IsWhatItWasGivenWhateverItsLength) {
  for (size_t length = 0; length < 300; ++length) {
    std::string given(length, 'x');
    if (length > 0) given.back() = 'y';
    const SessionName name(given);
    const std::string before = given;
    given.assign(length, '?');
    EXPECT_EQ(name.view(), before);
  }
}

TEST(SessionName, NeedsNoMemoryForNamesThatTheTableMakes) {
  const std::string made = std::string(kSessionPrefix) + SessionIdMaker(FakeClock().Now()).Make();
  const SessionName name(made);
  const auto* const begin = reinterpret_cast<const char*>(&name);
  EXPECT_EQ(name.view(), made);
  EXPECT_TRUE(name.view().data() >= begin && name.view().data() < begin + sizeof(name));
}

}  // namespace
}  // namespace cellar
