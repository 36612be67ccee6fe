#include "tests/testing/allocation_count.h"

#include <memory>
#include <new>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

struct alignas(128) Wide {
  char bytes[128];
};

TEST(AllocationCount, CountsWhatIsAllocatedAndNothingElse) {
  const void* volatile seen = nullptr;  // compilers leave out what nobody sees
  const int64_t before = AllocationCount();
  const auto wide = std::make_unique<Wide>();
  seen = wide.get();
  EXPECT_EQ(AllocationCount(), before + 1);
  std::vector<int> numbers(100);
  seen = numbers.data();
  EXPECT_EQ(AllocationCount(), before + 2);
  numbers.clear();
  numbers.resize(100);
  const std::unique_ptr<Wide> quiet(new (std::nothrow) Wide);
  seen = quiet.get();
  EXPECT_EQ(AllocationCount(), before + 3);
  const std::string kept_inside = "short";
  EXPECT_EQ(AllocationCount(), before + 3);
  EXPECT_EQ(kept_inside.size() + numbers.size(), 105U);
  EXPECT_EQ(seen, quiet.get());
}

}  // namespace
}  // namespace cellar
