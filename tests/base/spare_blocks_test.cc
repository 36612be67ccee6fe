#include "server/base/spare_blocks.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace cellar {
namespace {

TEST(SpareBlocks, HaveRoomForWhatIsAskedFor) {
  std::vector<std::pair<char*, size_t>> blocks;
  for (size_t bytes = 1; bytes <= 1100; ++bytes) {
    auto* const block = static_cast<char*>(TakeBlock(bytes));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % alignof(std::max_align_t), 0U) << bytes;
    std::memset(block, static_cast<int>(bytes % 251), bytes);
    blocks.emplace_back(block, bytes);
  }
  for (const auto& [block, bytes] : blocks) {
    EXPECT_EQ(std::vector<char>(block, block + bytes),
              std::vector<char>(bytes, static_cast<char>(bytes % 251)));
    GiveBackBlock(block, bytes);
  }
}

TEST(SpareBlocks, AreTakenAgainAtThatSizeAndByThatThread) {
  void* const block = TakeBlock(250);
  GiveBackBlock(block, 250);
  void* const other_size = TakeBlock(300);
  EXPECT_NE(other_size, block);
  void* other_thread = nullptr;
  std::thread([&] { other_thread = TakeBlock(250); }).join();
  EXPECT_NE(other_thread, block);
  EXPECT_EQ(TakeBlock(249), block);
  GiveBackBlock(block, 249);
  GiveBackBlock(other_size, 300);
  GiveBackBlock(other_thread, 250);
}

TEST(SpareBlocks, AreAllDifferentThoughMoreComeBackThanAreKept) {
  std::thread([] {
    for (int round = 0; round < 2; ++round) {
      std::set<void*> blocks;
      for (int k = 0; k < 100; ++k) blocks.insert(TakeBlock(64));
      EXPECT_EQ(blocks.size(), 100U);
      for (void* const block : blocks) GiveBackBlock(block, 64);
    }
  }).join();
}

}  // namespace
}  // namespace cellar
