#include "server/base/spare_memory.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <vector>

#include "tests/testing/sanitizer.h"

namespace cellar {
namespace {

int64_t ResidentPages() {
  int64_t all = 0;
  int64_t resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return resident;
}

TEST(SpareMemory, GoesBackThoughSomethingIsStillThere) {
#ifdef CELLAR_HAS_SANITIZER
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  constexpr size_t kBlocks = 100'000;
  constexpr size_t kBlockBytes = 4096;  // 400 MB in all
  std::vector<std::unique_ptr<char[]>> blocks(kBlocks);
  for (auto& block : blocks) {
    block = std::make_unique<char[]>(kBlockBytes);
    std::memset(block.get(), 1, kBlockBytes);
  }
  EXPECT_FALSE(ReturnSpareMemory()) << "all of it is used";
  blocks.erase(blocks.begin(), blocks.end() - 1);  // the last one lies at the end
  const int64_t before = ResidentPages();
  EXPECT_TRUE(ReturnSpareMemory());
  EXPECT_LT(ResidentPages(), before / 2);
  EXPECT_FALSE(ReturnSpareMemory()) << "there is no more";
}

// Pages that a message's memory had to be given by the system, of so many messages one after
// another.
int64_t FaultsOfMessages(int count) {
  constexpr size_t kMessageBytes = size_t{1} << 20;
  rusage before = {};
  rusage after = {};
  getrusage(RUSAGE_SELF, &before);
  for (int k = 0; k < count; ++k) {
    const auto message = std::make_unique<char[]>(kMessageBytes);
    std::memset(message.get(), 1, kMessageBytes);
  }
  getrusage(RUSAGE_SELF, &after);
  return after.ru_minflt - before.ru_minflt;
}

TEST(SpareMemory, IsKeptFromOneMessageToTheNext) {
#ifdef CELLAR_HAS_SANITIZER
  GTEST_SKIP() << "a sanitizer has an allocator of its own";
#endif
  KeepSpareMemory();
  FaultsOfMessages(1);
  EXPECT_LT(FaultsOfMessages(100), 100) << "less than one of 256 pages each";
}

}  // namespace
}  // namespace cellar
