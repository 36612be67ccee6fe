#include "server/rpc/call_deadline.h"

#include "gtest/gtest.h"

namespace cellar {
namespace {

using std::chrono::system_clock;

TEST(CallDeadline, IsTheSameInstant) {
  EXPECT_EQ(CallDeadline(system_clock::time_point(std::chrono::milliseconds(1'500))),
            absl::FromUnixMillis(1'500));
}

TEST(CallDeadline, IsInfiniteWhenThereIsNone) {
  EXPECT_EQ(CallDeadline(system_clock::time_point::max()), absl::InfiniteFuture());
}

}  // namespace
}  // namespace cellar
