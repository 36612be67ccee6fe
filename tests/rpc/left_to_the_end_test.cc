#include "server/rpc/left_to_the_end.h"

#include <memory>
#include <utility>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(LeftToTheEnd, IsNeverGivenBack) {
  const size_t before = LeftToTheEnd();
  auto left = std::make_shared<int>(7);
  const std::weak_ptr<int> seen = left;
  LeaveToTheEnd(std::move(left));
  EXPECT_EQ(LeftToTheEnd(), before + 1);
  EXPECT_FALSE(seen.expired());
}

}  // namespace
}  // namespace cellar
