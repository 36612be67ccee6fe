#include "server/session/session_config.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/session/session_builder.h"

namespace cellar {
namespace {

TEST(SessionBytes, CountsStatesInputsWordsAndOverhead) {
  SessionConfig config = ConfigOf("a");
  const SessionProgress start = StartOf(config);
  const int64_t alone = SessionBytes(config, start);
  EXPECT_GE(alone, 4 * int64_t{sizeof(float)} + 450);

  const SessionProgress stepped = After(start, {1, 2, 3});
  EXPECT_GE(SessionBytes(config, stepped), alone + 5 * int64_t{sizeof(float)} + 90);

  config.labels["key"] = std::string(200, 'v');
  EXPECT_GE(SessionBytes(config, start), alone + 203);
}

TEST(SessionBytes, GrowsWithTheStateByItsBytes) {
  const SessionConfig config = ConfigOf("a");
  SessionProgress small = StartOf(config);
  SessionProgress large = small;
  large.state = SharedNumbers::Of<float>(std::vector<float>(2000));

  EXPECT_EQ(SessionBytes(config, large) - SessionBytes(config, small),
            1998 * int64_t{sizeof(float)});
}

}  // namespace
}  // namespace cellar
